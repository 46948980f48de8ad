import { join } from "node:path";
import { createFolder } from "@eventwire/programs";
import { VirtualClock } from "@eventwire/testing";
import { type BrokerTraits, testBroker } from "@eventwire/testing/broker";
import { sqlite } from "./sqlite.js";

const features: BrokerTraits = {
  trimByName: true,
  tasks: true,
  delay: true,
  priority: true,
  keyOrder: true,
  limits: true,
  after: true,
  results: true,
  signals: { value: false, because: "a file carries none" },
  transactions: true,
  hints: true,
  clock: true,
};

testBroker("sqlite", {
  features,
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
