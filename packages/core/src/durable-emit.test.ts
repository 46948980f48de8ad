import { describe, expect, it, vi } from "vitest";
import { createShop, shop, step } from "../fixtures/shop.js";
import { createBus, type EventwireError, type Receipt } from "./index.js";

/** How a promise ended so far. */
function watch(promise: Promise<Receipt>) {
  const state: { receipt?: Receipt; error?: EventwireError } = {};
  promise.then(
    (receipt) => {
      state.receipt = receipt;
    },
    (error) => {
      state.error = error;
    },
  );
  return state;
}

describe("the receipt of a durable emit", () => {
  it("comes when the log has the event, with its id, its offset and what that survives", async () => {
    const { bus, broker } = createShop();
    const receipt = await bus.emit("order.placed", step("a", 1));
    const { records } = await broker.log.read({ after: 0, limit: 10, bytes: 1_000 });
    expect(records).toMatchObject([{ id: receipt.id, name: "order.placed", key: "a", offset: 1 }]);
    expect(receipt).toEqual({
      id: records[0]!.id,
      offset: `${await broker.log.epoch()}.1`,
      durability: "memory",
      duplicate: false,
    });
  });

  it("rejects with what cannot be kept, and the others of the turn are kept", async () => {
    const { bus, clock } = createShop({ memory: { bytes: 100 } });
    const invalid = watch(bus.emit("note.kept", () => 1));
    const large = watch(bus.emit("note.kept", "x".repeat(100)));
    const noKey = watch(bus.emit("order.placed", { order: {} as string, step: 1 }));
    const fine = watch(bus.emit("note.kept", "x"));
    await clock.settle();
    expect(invalid.error).toMatchObject({ code: "Invalid", about: "note.kept" });
    expect(large.error).toMatchObject({ code: "Invalid", about: "note.kept" });
    expect(large.error!.message).toContain("it takes 104 bytes; the broker takes 100");
    expect(noKey.error).toMatchObject({ code: "Invalid", about: "order.placed" });
    expect(fine.receipt).toMatchObject({ duplicate: false });
  });

  it("rejects for a key that is more than brokers take, and for half of a surrogate pair", async () => {
    const { bus } = createShop();
    const emit = (key: string) => bus.emit("order.placed", step(key, 1));
    await expect(emit("é".repeat(128))).resolves.toMatchObject({ duplicate: false });
    await expect(emit(`${"é".repeat(128)}x`)).rejects.toThrow("its key takes 257 bytes; a broker takes 256");
    await expect(emit("x".repeat(100_000))).rejects.toMatchObject({ code: "Invalid" });
    await expect(emit("\ud83d")).rejects.toMatchObject({ code: "Invalid", about: "order.placed" });
    await expect(emit("\ud83d\ude00")).resolves.toMatchObject({ duplicate: false });
  });

  it("that rejects where nobody looks is reported, and one that somebody awaits is not", async () => {
    const { bus, clock, errors } = createShop();
    void bus.emit("note.kept", () => 1);
    await expect(bus.emit("note.kept", () => 2)).rejects.toMatchObject({ code: "Invalid" });
    await clock.settle();
    expect(errors).toMatchObject([{ code: "Invalid", about: "note.kept" }]);
  });

  it("rejects once the bus is closed", async () => {
    const { bus } = createShop();
    await bus.close();
    await expect(bus.emit("note.kept", 1)).rejects.toThrow('"note.kept" was not emitted: the bus is closed');
    await expect(bus.position()).rejects.toMatchObject({ code: "Closed" });
  });
});

describe("a durable emit", () => {
  it("takes the data in at once, so that a later change of it changes nothing", async () => {
    const { bus } = createShop();
    const data = { list: [1], at: new Date(5) };
    const receipt = bus.emit("note.kept", data);
    data.list.push(2);
    data.at.setTime(6);
    await receipt;
    await expect(bus.once("note.kept", { since: "start" })).resolves.toEqual({ list: [1], at: new Date(5) });
  });

  it("brings back what JSON has not", async () => {
    const { bus } = createShop();
    const data = { map: new Map([["a", 1n]]), bytes: Uint8Array.of(1), none: [undefined, Number.NaN] };
    await bus.emit("note.kept", data);
    await bus.emit("note.kept", undefined);
    const events = bus.events("note.kept", { since: "start" });
    expect((await events.next()).value).toEqual(data);
    expect(await events.next()).toEqual({ done: false, value: undefined });
  });

  it("goes to the log with the others of its turn, and with those that came while it was busy", async () => {
    const { bus, broker, clock } = createShop();
    let finish = () => undefined as unknown;
    broker.trouble = async (operation, go) => {
      if (operation === "append")
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      return go();
    };
    const receipts = [1, 2].map((count) => watch(bus.emit("note.kept", count)));
    await clock.settle();
    for (const count of [3, 4]) {
      receipts.push(watch(bus.emit("note.kept", count)));
      await clock.settle();
    }
    expect(broker.count("append")).toBe(1);
    finish();
    await clock.settle();
    finish();
    await clock.settle();
    expect(broker.count("append")).toBe(2);
    const epoch = await broker.log.epoch();
    expect(receipts.map(({ receipt }) => receipt?.offset)).toEqual(
      [1, 2, 3, 4].map((at) => `${epoch}.${at}`),
    );
  });

  it("in a burst of 30,000 waits for the listeners that keep up, so that a log of 3,000 is enough for them", async () => {
    const { bus, clock, errors } = createShop({ memory: { events: 3_000 } });
    const seen: unknown[] = [];
    bus.on("note.kept", (count) => seen.push(count));
    const burst = Array.from({ length: 30_000 }, (_, count) => count);
    const last = await Promise.all(burst.map((count) => bus.emit("note.kept", count)));
    await clock.settle();
    expect(errors).toEqual([]);
    expect(seen).toEqual(burst);
    expect(new Set(last.map(({ id }) => id)).size).toBe(30_000);
  });

  it("is refused when too many wait for a log that is slow", async () => {
    const { bus, broker, clock } = createShop({ mailboxLimit: 2 });
    broker.trouble = (operation, go) => (operation === "append" ? new Promise(() => undefined) : go());
    const [first, second, third] = [1, 2, 3].map((count) => watch(bus.emit("note.kept", count)));
    await clock.settle();
    expect([first!.error, second!.error]).toEqual([undefined, undefined]);
    expect(third!.error).toMatchObject({ code: "Overflow", retryable: true, about: "note.kept" });
  });

  it("by the wrong side or of an unknown name throws, as a live one does", () => {
    const { bus } = createShop();
    expect(() => bus.emit("note.lost" as "note.kept", 1)).toThrow(
      expect.objectContaining({ code: "Misuse" }),
    );
  });
});

describe("a log that fails", () => {
  it("is given the same ids again, with growing waits, until it has them, and is reported once", async () => {
    const { bus, broker, clock, errors } = createShop();
    const tries: number[] = [];
    broker.trouble = async (operation, go) => {
      if (operation !== "append") return go();
      tries.push(clock.monotonic());
      // The first time it was kept, only the answer was lost.
      const result = tries.length === 1 ? await go() : undefined;
      if (tries.length < 5) throw new Error("no answer");
      return result ?? go();
    };
    const receipts = Promise.all([1, 2].map((count) => bus.emit("note.kept", count)));
    await clock.advance(2_000);
    expect(await receipts).toMatchObject([{ duplicate: true }, { duplicate: true }]);
    expect(await broker.log.head()).toBe(2);
    const waits = tries.slice(1).map((at, index) => at - tries[index]!);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(25 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(50 * 2 ** index);
    }
    expect(errors).toMatchObject([{ code: "Broker", retryable: true }]);
  });

  it("for longer than it knows repetitions leaves the outcome unknown, and what came after is kept", async () => {
    const { bus, broker, clock } = createShop({ memory: { dedupeWindow: 1_000 } });
    let broken = true;
    broker.trouble = async (operation, go) => {
      if (operation === "append" && broken) throw new Error("no answer");
      return go();
    };
    const lost = watch(bus.emit("note.kept", 1));
    await clock.advance(500);
    const later = watch(bus.emit("order.placed", step("a", 1)));
    await clock.advance(500);
    broken = false;
    await clock.advance(200);
    expect(lost.error).toMatchObject({ code: "OutcomeUnknown", about: "note.kept", retryable: false });
    expect(later.receipt).toMatchObject({ duplicate: false });
  });

  it("by a process that stood still for that long is not tried again, since it would be taken for another", async () => {
    const { bus, broker, clock } = createShop({ memory: { dedupeWindow: 1_000 } });
    const timer = clock.timer.bind(clock);
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation !== "append") return result;
      // It has the event, and says nothing of it; what waits to try again then waits for longer than it knows repetitions.
      vi.spyOn(clock, "timer").mockImplementation((call, milliseconds) => timer(call, milliseconds + 5_000));
      throw new Error("no answer");
    };
    const lost = watch(bus.emit("note.kept", 1));
    await clock.advance(20_000);
    expect(lost.error).toMatchObject({ code: "OutcomeUnknown", about: "note.kept" });
    expect(await broker.log.head()).toBe(1);
  });

  it("by a machine that slept for that long is not tried again, although its monotonic clock stood", async () => {
    const { bus, broker, clock } = createShop({ memory: { dedupeWindow: 1_000 } });
    const now = clock.now.bind(clock);
    let tries = 0;
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation !== "append" || ++tries > 1) return result;
      vi.spyOn(clock, "now").mockImplementation(() => now() + 5_000);
      throw new Error("no answer");
    };
    const lost = watch(bus.emit("note.kept", 1));
    await clock.advance(20_000);
    expect(lost.error).toMatchObject({ code: "OutcomeUnknown", about: "note.kept" });
    expect(await broker.log.head()).toBe(1);
  });

  it("with an error of ours has kept nothing, so that it is not tried again", async () => {
    const { bus, broker } = createShop();
    await broker.close({ drain: 0 });
    await bus.position();
    await broker.close({ drain: 0 });
    await expect(bus.emit("note.kept", 1)).rejects.toMatchObject({ code: "Closed" });
    expect(broker.count("append")).toBe(1);
  });

  it("when it is opened lets what was emitted wait, in its order", async () => {
    const { bus, broker, clock, errors } = createShop();
    broker.trouble = async (operation, go) => {
      if (operation === "open" && broker.count("open") < 3) throw new Error("not there yet");
      return go();
    };
    const again = createBus(shop, { broker, runtime: clock, onError: (error) => errors.push(error) });
    const seen: unknown[] = [];
    again.on("note.kept", (count) => seen.push(count));
    const receipts = Promise.all([1, 2, 3].map((count) => again.emit("note.kept", count)));
    await clock.advance(1_000);
    await receipts;
    await clock.settle();
    expect(seen).toEqual([1, 2, 3]);
    await bus.close();
  });

  it("leaves the outcome unknown when the bus ends meanwhile", async () => {
    const { bus, broker, clock } = createShop();
    broker.trouble = async (operation, go) => {
      if (operation === "append") throw new Error("no answer");
      return go();
    };
    const receipt = watch(bus.emit("note.kept", 1));
    await clock.advance(100);
    const closed = vi.fn();
    void bus.close({ drain: 1_000 }).then(closed);
    await clock.advance(1_000);
    expect(closed).toHaveBeenCalled();
    expect(receipt.error).toMatchObject({ code: "OutcomeUnknown" });
    expect(clock.timers).toBe(0);
  });
});
