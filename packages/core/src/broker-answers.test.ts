import { describe, expect, it } from "vitest";
import { createShop } from "../fixtures/shop.js";
import type { Trouble } from "../fixtures/troubled-broker.js";
import type { Appended, EnqueuedTask, LogPage, LogRecord, Offset, Since } from "./index.js";

/** Has the answers to one operation changed, so many times. */
function answering<Answer>(operation: string, change: (answer: Answer) => unknown, times = 1): Trouble {
  let left = times;
  return async (called, go) => {
    const answer = await go();
    return called === operation && left-- > 0 ? (change(answer as Answer) as typeof answer) : answer;
  };
}

/** How a promise ended so far. */
function outcomeOf(promise: Promise<unknown>) {
  const state: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => {
      state.value = value;
    },
    (error: unknown) => {
      state.error = error;
    },
  );
  return state;
}

describe("a broker that answers an append with what cannot be", () => {
  it.each<[string, (appended: readonly Appended[]) => unknown]>([
    ["fewer outcomes than events", (appended) => appended.slice(1)],
    ["nothing", () => undefined],
    ["no offset", (appended) => appended.map((one) => ({ ...one, offset: undefined }))],
    ["an offset that is no number", (appended) => appended.map((one) => ({ ...one, offset: Number.NaN }))],
  ])("by %s is reported and given the same ids again", async (_, change) => {
    const { bus, broker, clock, errors } = createShop();
    broker.trouble = answering("append", change);
    const receipts = Promise.all([1, 2].map((count) => bus.emit("note.kept", count)));
    await clock.advance(100);
    expect(await receipts).toMatchObject([{ duplicate: true }, { duplicate: true }]);
    expect(await broker.log.head()).toBe(2);
    expect(errors).toMatchObject([{ code: "Broker", retryable: true }]);
  });

  it("for ever leaves the outcome unknown", async () => {
    const { bus, broker, clock } = createShop({ memory: { dedupeWindow: 1_000 } });
    broker.trouble = answering("append", () => [], Number.POSITIVE_INFINITY);
    const receipt = outcomeOf(bus.emit("note.kept", 1));
    await clock.advance(2_000);
    expect(receipt.error).toMatchObject({ code: "OutcomeUnknown", about: "note.kept" });
  });

  it("does not know either when it refuses what it has failed at before", async () => {
    const { bus, broker, clock } = createShop();
    broker.trouble = async (operation, go) => {
      if (operation !== "append") return go();
      const result = await go();
      // It was kept, only the answer was lost; then it is closed by somebody.
      await broker.close({ drain: 0 });
      if (broker.count("append") === 1) throw new Error("no answer");
      return result;
    };
    const receipt = outcomeOf(bus.emit("note.kept", 1));
    await clock.advance(1_000);
    expect(receipt.error).toMatchObject({ code: "OutcomeUnknown", cause: { code: "Closed" } });
  });

  it("and enqueues fewer tasks than it was given is reported and given the same ids again", async () => {
    const { bus, broker, clock, errors } = createShop();
    broker.trouble = answering("enqueue", (enqueued: readonly EnqueuedTask[]) => enqueued.slice(1));
    const receipts = Promise.all(["a", "b"].map((mail) => bus.enqueue("mail.send", mail)));
    await clock.advance(100);
    expect(await receipts).toMatchObject([{ duplicate: true }, { duplicate: true }]);
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ waiting: 2 });
    expect(errors).toMatchObject([{ code: "Broker" }]);
  });
});

describe("a broker that answers a read with what cannot be", () => {
  const records = (change: (records: readonly LogRecord[]) => readonly LogRecord[]) => (page: LogPage) => ({
    ...page,
    records: change(page.records),
  });

  it.each<[string, (page: LogPage) => unknown]>([
    ["what was read before", records((found) => found.flatMap((one) => [one, one]))],
    ["the wrong order", records((found) => [...found].reverse())],
    ["offsets that are no numbers", records((found) => found.map((one) => ({ ...one, offset: Number.NaN })))],
    ["less looked through than it gives", (page) => page.records[0] && { ...page, scanned: 1 }],
    ["no epoch", (page) => ({ ...page, epoch: undefined })],
    ["nothing", () => undefined],
  ])("by %s is reported and asked again, and no listener hears of it", async (_, change) => {
    const { bus, broker, clock, errors } = createShop();
    await Promise.all([1, 2, 3].map((count) => bus.emit("note.kept", count)));
    broker.trouble = answering("read", change);
    const seen: unknown[] = [];
    bus.on("note.kept", (count) => seen.push(count), { since: "start" });
    await clock.advance(100);
    expect(seen).toEqual([1, 2, 3]);
    expect(errors).toMatchObject([{ code: "Broker", retryable: true }]);
  });

  it("by what was trimmed beyond all that there is tells of a gap once, and goes on", async () => {
    const { bus, broker, clock, errors } = createShop();
    await bus.emit("note.kept", 1);
    broker.trouble = answering(
      "read",
      (page: LogPage) => ({ ...page, trimmed: 1_000 }),
      Number.POSITIVE_INFINITY,
    );
    const seen: unknown[] = [];
    bus.on("note.kept", (count) => seen.push(count));
    await clock.advance(1_000);
    await bus.emit("note.kept", 2);
    await clock.advance(1_000);
    expect(seen).toEqual([2]);
    expect(errors).toMatchObject([{ code: "Gap" }]);
    expect(broker.count("read")).toBeLessThan(20);
  });

  it("and fails to be watched is reported and tried again", async () => {
    const { bus, broker, clock, errors } = createShop();
    const { log, tasks } = broker;
    let left = 2;
    const failing = (watch: (...args: never[]) => () => void) => {
      return (...args: never[]) => {
        if (left-- > 0) throw new Error("no watch");
        return watch(...args);
      };
    };
    Object.assign(log, { watch: failing(log.watch) });
    const seen: unknown[] = [];
    bus.on("note.kept", (count) => seen.push(count));
    await bus.emit("note.kept", 1);
    await clock.advance(1_000);
    expect(seen).toEqual([1]);
    left = 2;
    Object.assign(tasks, { watch: failing(tasks.watch) });
    bus.work("mail.send", (mail) => seen.push(mail));
    await bus.enqueue("mail.send", "a");
    await clock.advance(1_000);
    expect(seen).toEqual([1, "a"]);
    expect(errors).toMatchObject([{ code: "Broker" }, { code: "Broker" }]);
  });

  it("and refuses to be watched is an error, and holds nothing up", async () => {
    const { bus, broker, clock, errors } = createShop();
    const refusal = new (await import("./index.js")).MisuseError("no watching");
    Object.assign(broker.log, {
      watch: () => {
        throw refusal;
      },
    });
    bus.on("note.kept", () => undefined);
    await clock.advance(100);
    expect(errors).toEqual([refusal]);
    const before = clock.monotonic();
    await clock.until(bus.close());
    expect(clock.monotonic()).toBe(before);
  });
});

describe("the offset in a receipt", () => {
  it("is never of a history that the log began after the event was appended", async () => {
    const { bus, broker, clock } = createShop();
    bus.on("order.placed", () => undefined);
    await clock.settle();
    const first = await broker.log.epoch();
    let answer = () => undefined as unknown;
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "append") await new Promise<void>((resolve) => (answer = resolve));
      return operation === "read" ? { ...result, epoch: "restored" } : result;
    };
    const receipt = outcomeOf(bus.emit("note.kept", 1));
    await clock.settle();
    bus.on("note.kept", () => undefined, { since: "start", onGap: () => undefined });
    await clock.settle();
    answer();
    await clock.settle();
    expect(receipt.value).toMatchObject({ offset: `${first}.1` });
  });
});

describe("a function of since", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["a function", () => "start"],
    ["an offset of no log", "x" as Offset],
  ])("that finds %s is refused as misuse", async (_, found) => {
    const { bus, clock, errors } = createShop();
    const since = (() => found) as Since;
    await expect(bus.on("note.kept", () => undefined, { since }).ready).rejects.toMatchObject({
      code: "Misuse",
    });
    const member = bus.on("note.kept", () => undefined, { since, group: "keep" });
    const refused = expect(member.ready).rejects.toMatchObject({ code: "Misuse" });
    await clock.advance(100);
    await refused;
    await expect(bus.events("note.kept", { since }).next()).rejects.toMatchObject({ code: "Misuse" });
    expect(errors).toEqual([]);
  });

  it("that never ends can be stopped, and holds the end of the bus no longer than its drain", async () => {
    const { bus, clock } = createShop();
    const since = () => new Promise<never>(() => undefined);
    bus.on("note.kept", () => undefined, { since })();
    bus.on("note.kept", () => undefined, { since, group: "keep" });
    await clock.advance(100);
    const before = clock.monotonic();
    await clock.until(bus.close({ drain: 500 }));
    expect(clock.monotonic() - before).toBeLessThanOrEqual(500);
    expect(clock.timers).toBe(0);
  });
});
