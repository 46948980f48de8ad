import { createFolder } from "@eventwire/programs";
import { testOutboxStore } from "@eventwire/testing/outbox";
import { file } from "./file.js";

testOutboxStore("files of one process", {
  features: {
    survives: true,
    shared: true,
    crashes: { value: false, because: "the places of this test are one process" },
    full: { value: false, because: "a disk is not easily filled; a test beside this one does" },
  },
  createHarness() {
    const folder = createFolder();
    return { place: () => ({ store: file(folder.path) }), close: () => folder.remove() };
  },
});
