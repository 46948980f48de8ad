import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import type { NewTask } from "../broker.js";
import { type MemoryOptions, memory } from "../memory.js";
import { shardOf } from "../shard.js";

async function createBroker(options: MemoryOptions = {}) {
  const broker = memory({ runtime: new VirtualClock(), tasks: 2, ...options });
  await broker.open();
  const task = (id: string): NewTask => ({ id, name: "a", key: undefined, time: 0, body: new Uint8Array() });
  const event = (id: string) => ({ ...task(id), shard: shardOf("a", undefined) });
  return { broker, task, event };
}

describe("a transaction of the memory broker", () => {
  it("has room for as many tasks as it settles, and is rejected whole where it has none", async () => {
    const { broker, task, event } = await createBroker();
    await broker.tasks.enqueue([task("1"), task("2")]);
    const [one] = await broker.tasks.claim({ names: ["a"], owner: "w", lease: 1_000, limit: 1 });
    const settle = [{ id: "1", token: one!.token, outcome: { type: "done" } as const }];
    const large = { id: "w", append: [event("e")], enqueue: [task("3"), task("4")], settle };
    await expect(broker.write(large)).rejects.toMatchObject({ code: "Overflow" });
    expect(await broker.log.head()).toBe(0);
    const fitting = { ...large, enqueue: [task("3")] };
    expect(await broker.write(fitting)).toMatchObject({ type: "written", duplicate: false });
    expect(await broker.tasks.counts("a")).toMatchObject({ waiting: 2, claimed: 0 });
  });

  it("has all of it there when who watches the log hears of it", async () => {
    const { broker, task, event } = await createBroker();
    const { token } = (await broker.log.acquire("c", "one", 1_000))!;
    const seen: unknown[] = [];
    broker.log.watch(() => {
      seen.push(broker.tasks.counts("a"), broker.log.acquire("c", "one", 1_000));
    });
    const save = [{ cursor: "c", token, state: Uint8Array.of(1), lease: 1_000 }];
    await broker.write({ id: "w", append: [event("e")], enqueue: [task("1")], save });
    expect(await Promise.all(seen)).toMatchObject([{ waiting: 1 }, { state: Uint8Array.of(1) }]);
  });

  it("is refused whole where it makes a producer forgotten that it needs, whatever else its owner has", async () => {
    const { broker, event } = await createBroker({ producersPerOwner: 2 });
    const from = (id: string, sequence: number, begun = false) => ({
      ...event(`${id}-${sequence}`),
      producer: { id, owner: "ann", epoch: 1, sequence, begun },
    });
    await broker.log.append([from("a", 1), from("b", 1)]);
    const append = [from("c", 1), from("a", 2, true)];
    expect(await broker.write({ id: "w", append })).toEqual({ type: "refused", by: "producer", id: "a" });
    expect(await broker.log.head()).toBe(2);
    const fitting = [from("c", 1), from("b", 2, true)];
    expect(await broker.write({ id: "x", append: fitting })).toMatchObject({ type: "written" });
    expect(await broker.log.head()).toBe(4);
  });
});
