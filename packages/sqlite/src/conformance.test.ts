import { join } from "node:path";
import { VirtualClock } from "@eventwire/testing";
import { type BrokerTraits, testBroker } from "@eventwire/testing/broker";
import { createFolder } from "../fixtures/folder.js";
import { sqlite } from "./sqlite.js";

const traits: BrokerTraits = {
  trimByName: true,
  tasks: { value: false, because: "they are not there yet" },
  delay: { value: false, because: "there are no tasks" },
  priority: { value: false, because: "there are no tasks" },
  keyOrder: { value: false, because: "there are no tasks" },
  signals: { value: false, because: "a file carries none" },
  transactions: { value: false, because: "they are not there yet" },
  hints: true,
  clock: true,
};

testBroker("sqlite", {
  features: traits,
  createHarness() {
    const folder = createFolder();
    const clock = new VirtualClock();
    return {
      clock,
      create: () => sqlite(join(folder.path, "events.db"), { runtime: clock }),
      close: () => folder.remove(),
    };
  },
});

testBroker("sqlite, in real time", {
  features: { ...traits, clock: { value: false, because: "it goes by the platform's" } },
  createHarness() {
    const folder = createFolder();
    return { create: () => sqlite(join(folder.path, "events.db")), close: () => folder.remove() };
  },
});
