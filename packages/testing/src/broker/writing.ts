import type { Append, Producer, Write } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { nothing } from "./counts.js";

const done = { type: "done" } as const;

/** Ten years in milliseconds: a window that is longer is one without an end. */
const longTime = 315_360_000_000;

/** That log, cursors and tasks change together or not at all. */
export const writing: BrokerChapter = (declare, { transactions, tasks, clock }) => {
  if (!transactions) {
    declare("a transaction is refused, and changes nothing", async (stage) => {
      const write = { id: stage.id(), append: [stage.event()] };
      await expect(stage.broker.write(write)).rejects.toMatchObject({ code: "Unsupported" });
      expect(await stage.broker.log.head()).toBe(0);
    });
    return;
  }

  declare("a transaction of nothing is written", async (stage) => {
    const expected = { type: "written", duplicate: false, appended: [], enqueued: [] };
    expect(await stage.broker.write({ id: stage.id() })).toEqual(expected);
    expect(await stage.broker.write({ id: stage.id(), append: [], save: [] })).toEqual(expected);
  });

  declare("events and a cursor are written together", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    const events = [stage.event(), stage.event({ name: "b", key: "k" })];
    const save = { cursor: "c", token, state: Uint8Array.of(7), lease: 100 * stage.lease };
    const written = await stage.broker.write({ id: stage.id(), append: events, save: [save] });
    const records = await stage.read();
    expect(records.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(written).toEqual({
      type: "written",
      duplicate: false,
      appended: records.map(({ offset }) => ({ type: "appended", offset, duplicate: false })),
      enqueued: [],
    });
    await stage.pass(2 * stage.lease);
    expect(
      await log.acquire("c", "two", stage.lease),
      "the cursor, which is held for longer",
    ).toBeUndefined();
    expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([7]);
  });

  declare("nothing is written where another has taken the cursor", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    await log.acquire("c", "one", 100 * stage.lease);
    const save = { cursor: "c", token, state: Uint8Array.of(1), lease: stage.lease };
    const write = { id: stage.id(), append: [stage.event(), numbered(stage, 1)], save: [save] };
    expect(await stage.broker.write(write)).toEqual({ type: "refused", by: "cursor", id: "c" });
    const again = { ...write, save: [{ ...save, token: await expectUntouched(stage) }] };
    expect(await stage.broker.write(again), "the same, by who has the cursor").toMatchObject(fresh(2));
    expect(await stage.read()).toHaveLength(2);
  });

  declare("nothing is written where a producer is fenced or in conflict", async (stage) => {
    const { log } = stage.broker;
    let { token } = (await log.acquire("c", "one", 100 * stage.lease))!;
    const write = (...append: readonly Append[]): Write => ({
      id: stage.id(),
      append: [stage.event({ id: "another" }), ...append],
      save: [{ cursor: "c", token, state: Uint8Array.of(1), lease: 0 }],
    });
    const refused = { type: "refused", by: "producer", id: "p" };
    expect(await stage.broker.write(write(numbered(stage, 1), numbered(stage, 3)))).toEqual(refused);
    token = await expectUntouched(stage);
    await stage.append(numbered(stage, 1, { epoch: 2 }));
    expect(await stage.broker.write(write(numbered(stage, 2)))).toEqual(refused);
    const sequence = [2, 3, 1].map((number) => numbered(stage, number, { epoch: 2 }));
    expect(await stage.broker.write(write(...sequence))).toMatchObject({
      ...written,
      appended: [kept, kept, kept, { ...kept, duplicate: true }],
    });
    expect(await stage.read()).toHaveLength(4);
  });

  declare("an event that is known is a duplicate, and all else is written", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    const known = stage.event();
    await stage.append(known);
    const write = {
      id: stage.id(),
      append: [known, stage.event()],
      save: [{ cursor: "c", token, state: Uint8Array.of(1), lease: stage.lease }],
    };
    expect(await stage.broker.write(write)).toMatchObject({
      type: "written",
      duplicate: false,
      appended: [{ duplicate: true }, { duplicate: false }],
    });
    expect(await stage.read()).toHaveLength(2);
    expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([1]);
  });

  declare("a transaction that is repeated is a duplicate, and changes nothing", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    const write = {
      id: stage.id(),
      append: [stage.event(), numbered(stage, 1)],
      // Let go, so that saving it again would be refused.
      save: [{ cursor: "c", token, state: Uint8Array.of(1), lease: 0 }],
    };
    await stage.broker.write(write);
    const held = (await log.acquire("c", "two", stage.lease))!;
    await log.save("c", held.token, Uint8Array.of(2), 0);
    const other = await stage.another();
    for (const broker of [stage.broker, other]) {
      expect(await broker.write(write)).toMatchObject({
        type: "written",
        duplicate: true,
        appended: [{ duplicate: true }, { duplicate: true }],
      });
    }
    expect(await stage.read()).toHaveLength(2);
    expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([2]);
  });

  declare("the id of a transaction is none of an event", async (stage) => {
    const event = stage.event();
    expect(await stage.broker.write({ id: event.id, append: [event] })).toMatchObject(fresh(1));
    const other = stage.event();
    await stage.append(other);
    expect(await stage.broker.write({ id: other.id, append: [stage.event()] })).toMatchObject(fresh(1));
  });

  declare("a cursor that the transaction itself has let go is not saved again", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", 100 * stage.lease))!;
    const save = { cursor: "c", token, state: Uint8Array.of(1), lease: stage.lease };
    const twice = { id: stage.id(), append: [stage.event()], save: [{ ...save, lease: 0 }, save] };
    expect(await stage.broker.write(twice)).toEqual({ type: "refused", by: "cursor", id: "c" });
    const mine = { ...save, token: await expectUntouched(stage) };
    const inTurn = { ...twice, save: [{ ...mine, state: Uint8Array.of(9) }, mine] };
    expect(await stage.broker.write(inTurn)).toMatchObject(fresh(1));
    expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([1]);
  });

  declare("of many that need the same token to be theirs alone, one is written", async (stage) => {
    const brokers = [stage.broker, await stage.another()];
    const { token } = (await stage.broker.log.acquire("c", "one", stage.lease))!;
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        brokers[index % 2]!.write({
          id: stage.id(),
          append: [stage.event()],
          save: [{ cursor: "c", token, state: Uint8Array.of(index), lease: 0 }],
        }),
      ),
    );
    expect(results.filter(({ type }) => type === "written")).toHaveLength(1);
    expect(await stage.read()).toHaveLength(1);
  });

  declare("who watches the log hears of a transaction", async (stage) => {
    const heads: number[] = [];
    const stop = stage.broker.log.watch((head) => heads.push(head));
    await stage.broker.write({ id: stage.id(), append: [stage.event()] });
    const head = await stage.broker.log.head();
    await stage.eventually(() => expect(heads, "heads that were hinted").toContain(head));
    stop();
  });

  if (clock) {
    declare("the id of a transaction is known for the window of ids, and not for ever", async (stage) => {
      const { dedupeWindow } = stage.broker.features;
      const id = stage.id();
      const again = () => stage.broker.write({ id, append: [stage.event()] });
      expect(await again()).toMatchObject({ duplicate: false });
      await stage.pass(Math.floor(Math.min(dedupeWindow, longTime) * 0.9));
      expect(await again(), "within the window").toMatchObject({ duplicate: true });
      if (dedupeWindow > longTime) return;
      await stage.pass(2 * dedupeWindow + 1);
      expect(await again(), "after the window").toMatchObject({ duplicate: false });
    });
  }

  if (!tasks) return;
  declare("tasks are settled and enqueued with all else", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    const [first, second, next] = [stage.task(), stage.task(), stage.task({ key: "k" })];
    await stage.broker.tasks.enqueue([first, second]);
    const claimed = await stage.claim();
    const dead = { type: "dead", reason: "no" } as const;
    const write: Write = {
      id: stage.id(),
      append: [stage.event()],
      enqueue: [next, first],
      settle: claimed.map(({ id, token }) => ({ id, token, outcome: id === first.id ? done : dead })),
      save: [{ cursor: "c", token, state: Uint8Array.of(1), lease: stage.lease }],
    };
    expect(await stage.broker.write(write)).toMatchObject({
      ...fresh(1),
      enqueued: [
        { id: next.id, duplicate: false },
        { id: first.id, duplicate: true },
      ],
    });
    expect(await stage.broker.tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, dead: 1 });
    expect((await stage.claimOne()).id).toBe(next.id);
    expect(await stage.read()).toHaveLength(1);
    expect(await stage.broker.write(write), "repeated").toMatchObject({ type: "written", duplicate: true });
    expect(await stage.broker.tasks.counts("a")).toMatchObject({ ...nothing, claimed: 1, dead: 1 });
  });

  declare("nothing is written where the lease of a task is lost", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", 100 * stage.lease))!;
    await stage.broker.tasks.enqueue([stage.task(), stage.task()]);
    const [kept] = await stage.claim({ limit: 1, lease: 100 * stage.lease });
    const lost = await stage.claimOne();
    await stage.pass(stage.lease);
    await stage.eventually(() => stage.claimOne({ lease: 100 * stage.lease }));
    const write = {
      id: stage.id(),
      append: [stage.event(), numbered(stage, 1)],
      enqueue: [stage.task({ name: "b" })],
      settle: [
        { id: kept!.id, token: kept!.token, outcome: done },
        { id: lost.id, token: lost.token, outcome: done },
      ],
      save: [{ cursor: "c", token, state: Uint8Array.of(1), lease: 0 }],
    };
    expect(await stage.broker.write(write)).toEqual({ type: "refused", by: "task", id: lost.id });
    await expectUntouched(stage);
    expect(await stage.broker.tasks.counts("a")).toMatchObject({ ...nothing, claimed: 2 });
    expect(await stage.broker.tasks.counts("b")).toMatchObject(nothing);
    const again = { ...write, settle: write.settle.slice(0, 1), save: [] };
    expect(await stage.broker.write(again), "the same, without what is lost").toMatchObject({
      ...fresh(2),
      enqueued: [{ duplicate: false }],
    });
  });

  declare("a task is not settled twice in one transaction", async (stage) => {
    await stage.broker.tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne({ lease: 100 * stage.lease });
    const settle = [done, done].map((outcome) => ({ id, token, outcome }));
    const twice = { id: stage.id(), append: [stage.event()], settle };
    expect(await stage.broker.write(twice)).toEqual({ type: "refused", by: "task", id });
    expect(await stage.broker.log.head()).toBe(0);
    expect(await stage.broker.tasks.counts("a")).toMatchObject({ ...nothing, claimed: 1 });
    const extend = { type: "extend", lease: 100 * stage.lease } as const;
    const inTurn = { ...twice, settle: [extend, done].map((outcome) => ({ id, token, outcome })) };
    expect(await stage.broker.write(inTurn)).toMatchObject(fresh(1));
    expect(await stage.broker.tasks.counts("a")).toMatchObject(nothing);
  });

  declare("of many that settle the same task one is written", async (stage) => {
    const brokers = [stage.broker, await stage.another()];
    await stage.broker.tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne({ lease: 100 * stage.lease });
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        brokers[index % 2]!.write({
          id: stage.id(),
          append: [stage.event()],
          enqueue: [stage.task({ name: "b" })],
          settle: [{ id, token, outcome: done }],
        }),
      ),
    );
    expect(results.filter(({ type }) => type === "written")).toHaveLength(1);
    expect(await stage.read()).toHaveLength(1);
    expect(await stage.broker.tasks.counts("b")).toMatchObject({ ...nothing, waiting: 1 });
  });
};

const written = { type: "written", duplicate: false } as const;
const kept = { type: "appended", duplicate: false } as const;

/** A transaction that was written now, with so many events. */
function fresh(events: number) {
  return { ...written, appended: Array.from({ length: events }, () => kept) };
}

function numbered(stage: BrokerStage, sequence: number, { epoch = 1 } = {}): Append {
  const producer: Producer = { id: "p", epoch, sequence };
  return stage.event({ producer });
}

/**
 * Expects that the log has nothing, and that the cursor is still held, by "one", and has no state.
 *
 * @returns a new token of it.
 */
async function expectUntouched({ broker, lease }: BrokerStage): Promise<number> {
  const { log } = broker;
  const page = await log.read({ after: 0, limit: 10, bytes: 10_000 });
  expect(page.records, "records after a transaction that was refused").toEqual([]);
  expect(await log.acquire("c", "two", lease), "the cursor, by another").toBeUndefined();
  const held = await log.acquire("c", "one", 100 * lease);
  expect(held!.state, "state after a transaction that was refused").toBeUndefined();
  return held!.token;
}
