import { describe, expect, it } from "vitest";
import { TroubledBroker } from "../fixtures/troubled-broker.js";
import { createBus, defineContract, event, task, UnsupportedError, unchecked } from "./index.js";
import { memory } from "./memory.js";

const { tasks } = memory().features;
const able = (changes: Partial<typeof tasks>) =>
  new TroubledBroker(memory(), { tasks: { ...tasks, ...changes } });

const plain = defineContract({ "mail.send": task(unchecked<string>()) });
const keyed = defineContract({ "order.pack": task(unchecked<string>(), { key: (order) => order }) });
const eventful = defineContract({ "order.placed": event(unchecked<string>(), { delivery: "durable" }) });

describe("a contract that needs more than its broker can do", () => {
  it("is refused with the message and the ability that is missing", () => {
    const keepsNone = able({ supported: false });
    expect(() => createBus(plain, { broker: keepsNone })).toThrow(UnsupportedError);
    expect(() => createBus(plain, { broker: keepsNone })).toThrow('"mail.send" is a task, but the broker');
    expect(() => createBus(plain, { broker: keepsNone })).toThrow("tasks.supported");
    const noOrder = able({ keyOrder: false });
    expect(() => createBus(keyed, { broker: noOrder })).toThrow('"order.pack" is a task, but the broker');
    expect(() => createBus(keyed, { broker: noOrder })).toThrow("tasks.keyOrder");
  });

  it("is one thing, and another contract on the same broker another", async () => {
    await createBus(eventful, { broker: able({ supported: false }) }).close();
    await createBus(plain, { broker: able({ keyOrder: false }) }).close();
    await createBus(keyed, { broker: able({ delay: false, priority: false }) }).close();
  });
});
