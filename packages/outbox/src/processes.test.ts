import { createFolder } from "@eventwire/programs";
import { testOutboxStore } from "@eventwire/testing/outbox";
import { beforeAll } from "vitest";
import { ProcessPlace } from "../fixtures/process-place.js";
import { makeProgram } from "../fixtures/programs.js";

let program: string;
beforeAll(async () => {
  program = await makeProgram("place");
});

testOutboxStore("files of several processes", {
  features: {
    survives: true,
    shared: true,
    crashes: true,
    full: { value: false, because: "a disk is not easily filled; a test beside this one does" },
  },
  createHarness() {
    const folder = createFolder();
    const places: ProcessPlace[] = [];
    return {
      place() {
        const place = new ProcessPlace(program, folder.path);
        places.push(place);
        return place;
      },
      async close() {
        await Promise.all(places.map((place) => place.crash()));
        folder.remove();
      },
    };
  },
});
