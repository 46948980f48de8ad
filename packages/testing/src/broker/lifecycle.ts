import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";

const closed = { code: "Closed" };
const patiently = { drain: 5_000 };
const now = { drain: 0 };

/** Opening and closing, alone and by many, and what is kept in between. */
export const lifecycle: BrokerChapter = (declare, { tasks }) => {
  declare("a broker that was opened twice is closed with the second closing", async (stage) => {
    const broker = await stage.unopened();
    await broker.open();
    await broker.open();
    await broker.close(patiently);
    expect(await broker.log.head()).toBe(0);
    await broker.close(patiently);
    await expect(broker.log.head()).rejects.toMatchObject(closed);
  });

  declare("a broker may be opened twice at once", async (stage) => {
    const broker = await stage.unopened();
    await Promise.all([broker.open(), broker.open()]);
    expect(await broker.log.head()).toBe(0);
    await Promise.all([broker.close(now), broker.close(now)]);
    await expect(broker.log.head()).rejects.toMatchObject(closed);
  });

  declare("closing what is not open does nothing", async (stage) => {
    const broker = await stage.unopened();
    await broker.close(now);
    await broker.close(patiently);
    await broker.open();
    expect(await broker.log.head()).toBe(0);
    await broker.close(now);
    await broker.close(now);
    await broker.open();
    expect(await broker.log.head(), "opened once after it was closed twice").toBe(0);
    await broker.close(now);
    await expect(broker.log.head()).rejects.toMatchObject(closed);
  });

  declare("a broker may be closed while it opens, and opened while it closes", async (stage) => {
    const broker = await stage.unopened();
    const opening = broker.open();
    const closing = broker.close(now);
    await Promise.allSettled([opening, closing]);
    await broker.close(now);
    const again = broker.open();
    await again;
    expect(await broker.log.head()).toBe(0);
    const ending = broker.close(now);
    const last = broker.open();
    await Promise.all([ending, last]);
    expect(await broker.log.head()).toBe(0);
    await broker.close(now);
  });

  declare(
    "what was kept is there when it is opened again: events, ids, sequences and cursors",
    async (stage) => {
      const { broker } = stage;
      const event = stage.event({ key: "k" });
      const numbered = stage.event({ producer: { id: "p", epoch: 3, sequence: 1 } });
      const offsets = await stage.append(event, numbered, stage.event());
      await broker.log.trim({ before: offsets[1]! });
      const { token } = (await broker.log.acquire("c", "one", 100 * stage.lease))!;
      await broker.log.save("c", token, Uint8Array.of(7), 100 * stage.lease);
      const epoch = await broker.log.epoch();
      await broker.close(patiently);
      const again = await stage.another();
      expect((await stage.read({}, again)).map(({ offset }) => offset)).toEqual(offsets.slice(1));
      expect(await again.log.epoch(), "epoch").toBe(epoch);
      expect(await again.log.head(), "head").toBe(offsets[2]);
      const page = await again.log.read({ after: 0, limit: 10, bytes: 10_000 });
      expect(page.trimmed, "trimmed").toBe(offsets[0]);
      expect(await again.log.append([event]), "an id that was there").toMatchObject([{ duplicate: true }]);
      expect(await again.log.append([numbered]), "a sequence that was there").toMatchObject([
        { duplicate: true },
      ]);
      const fenced = stage.event({ producer: { id: "p", epoch: 2, sequence: 2 } });
      expect(await again.log.append([fenced]), "an older epoch").toEqual([{ type: "fenced" }]);
      expect(await again.log.acquire("c", "two", stage.lease), "a cursor that is held").toBeUndefined();
      const held = (await again.log.acquire("c", "one", stage.lease))!;
      expect([...held.state!]).toEqual([7]);
      expect(held.token).toBeGreaterThan(token);
      const [next] = await again.log.append([stage.event()]);
      expect((next as { readonly offset: number }).offset).toBeGreaterThan(offsets[2]!);
    },
  );

  if (tasks) {
    declare("what was kept is there when it is opened again: tasks, claims and the dead", async (stage) => {
      const { broker } = stage;
      const [one, two, three] = [stage.task(), stage.task(), stage.task()];
      await broker.tasks.enqueue([one, two, three]);
      const [first, second] = await stage.claim({ limit: 2, lease: 100 * stage.lease });
      await broker.tasks.settle([
        { id: one.id, token: first!.token, outcome: { type: "dead", reason: "no" } },
      ]);
      await broker.close(patiently);
      const again = await stage.another();
      expect(await again.tasks.counts("a")).toMatchObject({ waiting: 1, delayed: 0, claimed: 1, dead: 1 });
      expect(await again.tasks.dead("a")).toMatchObject([{ id: one.id, reason: "no", attempt: 1 }]);
      expect(await again.tasks.enqueue([two])).toMatchObject([{ duplicate: true }]);
      const done = { id: two.id, token: second!.token, outcome: { type: "done" } } as const;
      expect(await again.tasks.settle([done])).toEqual([true]);
      const claimed = await stage.claimOne({}, again);
      expect(claimed).toMatchObject({ id: three.id, attempt: 1 });
      expect(claimed.token).toBeGreaterThan(second!.token);
    });
  }

  declare("what was appended as it closed is there, or its append was rejected", async (stage) => {
    const broker = await stage.harness.create();
    await broker.open();
    const events = Array.from({ length: 50 }, () => stage.event());
    const appending = Promise.allSettled(events.map((event) => broker.log.append([event])));
    await broker.close(patiently);
    const outcomes = await appending;
    const ids = (await stage.read()).map(({ id }) => id);
    for (const [index, { status }] of outcomes.entries()) {
      expect(ids.includes(events[index]!.id), `append ${index} was ${status}, and is there`).toBe(
        status === "fulfilled",
      );
    }
  });
};
