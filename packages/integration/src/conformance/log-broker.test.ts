import { VirtualClock } from "@eventwire/testing";
import { testBroker } from "@eventwire/testing/broker";
import { logBroker } from "./log-broker.js";

const noTasks = { value: false, because: "it keeps a log, and no tasks" } as const;

let storages = 0;

testBroker("a log", {
  features: {
    trimByName: true,
    tasks: noTasks,
    delay: noTasks,
    priority: noTasks,
    keyOrder: noTasks,
    limits: noTasks,
    after: noTasks,
    results: noTasks,
    signals: { value: false, because: "it is for one process, whose bus needs none" },
    transactions: noTasks,
    hints: true,
    clock: true,
  },
  createHarness() {
    const clock = new VirtualClock({ seed: ++storages }); // no two storages are alike
    const broker = logBroker(clock);
    return { clock, create: () => broker, close: () => undefined };
  },
});
