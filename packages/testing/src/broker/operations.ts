import type { Broker } from "@eventwire/core";
import type { BrokerAbilities } from "./broker-harness.js";
import type { BrokerStage } from "./broker-stage.js";

export type Operation = (broker: Broker, stage: BrokerStage) => Promise<unknown>;

/** Every operation of a broker that gives a promise, but for opening and closing. */
export function operations({
  tasks,
  signals,
  transactions,
}: BrokerAbilities): Readonly<Record<string, Operation>> {
  return {
    "log.epoch": ({ log }) => log.epoch(),
    "log.append": ({ log }, stage) => log.append([stage.event()]),
    "log.read": ({ log }) => log.read({ after: 0, limit: 10, bytes: 10_000 }),
    "log.head": ({ log }) => log.head(),
    "log.at": ({ log }) => log.at(1_000),
    "log.trim": ({ log }) => log.trim({ before: 1 }),
    "log.compact": ({ log }) => log.compact({ before: 1 }),
    "log.erase": ({ log }) => log.erase({ key: "k" }),
    "log.acquire": ({ log }, stage) => log.acquire("c", "one", stage.lease),
    "log.save": ({ log }, stage) => log.save("c", 1, undefined, stage.lease),
    "log.peek": ({ log }) => log.peek("c"),
    ...(tasks && {
      "tasks.enqueue": ({ tasks }: Broker, stage: BrokerStage) => tasks.enqueue([stage.task()]),
      "tasks.claim": (broker: Broker, stage: BrokerStage) => stage.claim({ names: ["none"] }, broker),
      "tasks.reclaim": ({ tasks }: Broker, stage: BrokerStage) =>
        tasks.reclaim({ names: ["none"], owner: "one", lease: stage.lease }),
      "tasks.settle": ({ tasks }: Broker) => tasks.settle([{ id: "x", token: 1, outcome: { type: "done" } }]),
      "tasks.counts": ({ tasks }: Broker) => tasks.counts("a"),
      "tasks.dead": ({ tasks }: Broker) => tasks.dead("a"),
      "tasks.cancel": ({ tasks }: Broker) => tasks.cancel("a", ["x"]),
      "tasks.pause": ({ tasks }: Broker) => tasks.pause("a", false),
      "tasks.forget": ({ tasks }: Broker) => tasks.forget("a", 0),
      "tasks.states": ({ tasks }: Broker) => tasks.states(["x"]),
      "tasks.redrive": ({ tasks }: Broker) => tasks.redrive("a", "all"),
    }),
    ...(transactions && {
      write: (broker: Broker, stage: BrokerStage) =>
        broker.write({ id: stage.id(), append: [stage.event()] }),
    }),
    ...(signals && {
      "signals.subscribe": ({ signals }: Broker) => signals.subscribe("t", nothing, nothing),
    }),
  };
}

function nothing(): undefined {
  return undefined;
}
