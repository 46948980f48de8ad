import type { Bus } from "@eventwire/core";
import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourContract } from "./contract.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection } from "./stage.js";

const upTo = (length: number) => Array.from({ length }, (_, count) => count);

/** That tasks are done wherever their workers are, and that whoever enqueued them has what they give. */
export function testWork(scenario: Scenario, features: BehaviourFeatures): void {
  scenario("a client enqueues a task, and has what a worker at the server makes of it", async (stage) => {
    const { bus } = stage.client();
    const done: string[] = [];
    stage.server.bus.work("letter.copy", async ({ text }, task) => {
      await task.progress(text.length);
      done.push(text);
      return `copy of ${text}`;
    });
    await stage.settle();
    const { id } = await bus.enqueue("letter.copy", { room: 1, text: "one" });
    expect(await resultOf(bus, id)).toBe("copy of one");
    expect(await bus.tasks("letter.copy").state(id)).toMatchObject({
      ...{ key: 1, state: "done", attempt: 1, progress: 3, result: "copy of one" },
    });
    await stage.becomes(() => done, ["one"]);
  });

  scenario("a client works, and what it returns is had at the server", async (stage) => {
    const client = stage.client();
    await client.bus.work("letter.copy", ({ text }) => `copy of ${text}`, { concurrency: 4 }).ready;
    const { bus } = stage.server;
    const ids: string[] = [];
    for (const room of upTo(8)) ids.push((await bus.enqueue("letter.copy", { room, text: `${room}` })).id);
    await stage.settle();
    expect(await Promise.all(ids.map((id) => bus.tasks("letter.copy").result(id)))).toEqual(
      upTo(8).map((room) => `copy of ${room}`),
    );
  });

  scenario("tasks of one key are done one at a time, in order, by whichever clients work", async (stage) => {
    const underWay = new Map<unknown, number>();
    const done = new Map<unknown, string[]>();
    let most = 0;
    for (let worker = 0; worker < 2; worker++) {
      const { bus } = stage.client();
      const working = bus.work(
        "letter.copy",
        async ({ room, text }) => {
          const now = (underWay.get(room) ?? 0) + 1;
          underWay.set(room, now);
          most = Math.max(most, now);
          await undefined;
          done.set(room, [...(done.get(room) ?? []), text]);
          underWay.set(room, now - 1);
          return text;
        },
        { concurrency: 3 },
      );
      await working.ready;
    }
    for (const count of upTo(18)) {
      await stage.server.bus.enqueue("letter.copy", { room: count % 3, text: `${count}` });
    }
    await stage.becomes(
      () => upTo(3).map((room) => done.get(room)),
      upTo(3).map((room) => upTo(6).map((count) => `${room + 3 * count}`)),
    );
    expect(most).toBe(1);
  });

  scenario(
    "a task that a client's worker fails at is tried again, and then dead with its reason",
    async (stage) => {
      const client = stage.client();
      const attempts: number[] = [];
      const working = client.bus.work("letter.copy", (_, { attempt }) => {
        attempts.push(attempt);
        throw new Error("no ink");
      });
      await working.ready;
      const { bus } = stage.server;
      const { id } = await bus.enqueue("letter.copy", { room: 1, text: "one" });
      await stage.settle();
      expect(await rejection(bus.tasks("letter.copy").result(id))).toMatchObject({
        ...{ code: "TaskDead", about: "letter.copy", reason: "no ink" },
      });
      await stage.expectError(stage.server, "Dead");
      expect(attempts).toEqual([1, 2]);
    },
  );

  scenario(
    "a task that a client's worker hands back is done by whoever is next, in the same attempt",
    async (stage) => {
      const released = new Set<string>();
      const attempts: number[] = [];
      for (let worker = 0; worker < 2; worker++) {
        const { bus } = stage.client();
        const working = bus.work("letter.copy", async ({ text }, task) => {
          if (!released.has(text)) {
            released.add(text);
            return task.release({ delay: 0 });
          }
          attempts.push(task.attempt);
          return `copy of ${text}`;
        });
        await working.ready;
      }
      const { bus } = stage.server;
      const { id } = await bus.enqueue("letter.copy", { room: 1, text: "one" });
      await stage.settle();
      expect(await bus.tasks("letter.copy").result(id)).toBe("copy of one");
      expect(attempts).toEqual([1]);
    },
  );

  scenario("a task that a client enqueues by one name again is a duplicate, and done once", async (stage) => {
    const { bus } = stage.client();
    const done: string[] = [];
    const enqueue = () => bus.enqueue("letter.copy", { room: 1, text: "one" }, { dedupe: "letter one" });
    const first = await enqueue();
    await stage.settle();
    expect(await enqueue()).toMatchObject({ id: first.id, duplicate: true });
    stage.server.bus.work("letter.copy", ({ text }) => {
      done.push(text);
      return text;
    });
    expect(await resultOf(bus, first.id)).toBe("one");
    await stage.becomes(() => done, ["one"]);
  });

  scenario("a task that a client cancels is never begun, and whoever waits for it is told", async (stage) => {
    const { bus } = stage.client();
    const done: string[] = [];
    const [cancelled, kept] = [
      await bus.enqueue("letter.copy", { room: 1, text: "cancelled" }),
      await bus.enqueue("letter.copy", { room: 1, text: "kept" }),
    ];
    await stage.settle();
    expect(await bus.tasks("letter.copy").cancel(cancelled.id)).toBe(1);
    expect(await rejection(stage.server.bus.tasks("letter.copy").result(cancelled.id))).toMatchObject({
      code: "Cancelled",
    });
    stage.server.bus.work("letter.copy", ({ text }) => {
      done.push(text);
      return text;
    });
    expect(await resultOf(bus, kept.id)).toBe("kept");
    await stage.becomes(() => done, ["kept"]);
  });

  if (features.boundary) {
    scenario("a client can neither enqueue nor do the tasks that no rule allows it", async (stage) => {
      const { bus } = stage.client();
      const refused = { code: "Denied", about: "parcel.carry" };
      expect(await rejection(bus.work("parcel.carry", () => undefined).ready)).toMatchObject(refused);
      expect(await rejection(bus.enqueue("parcel.carry", "x"))).toMatchObject(refused);
    });
  }
}

/** What a task of a client gives. */
const resultOf = (bus: Bus<BehaviourContract, "client">, id: string) => bus.tasks("letter.copy").result(id);
