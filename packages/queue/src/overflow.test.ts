import { describe, expect, it } from "vitest";
import { createTexts, takeAll } from "../fixtures/texts.js";
import { DroppedError } from "./errors/dropped-error.js";
import { MisuseError } from "./errors/misuse-error.js";
import { OverflowError } from "./errors/overflow-error.js";
import type { Overflow } from "./overflow.js";

const data = (entries: readonly { readonly data: string }[]) => entries.map((entry) => entry.data);

describe("a full queue", () => {
  it("rejects what is offered unless told otherwise, and says what to do", () => {
    const { queue } = createTexts({ capacity: 2 });
    expect([queue.offer("a"), queue.offer("b")]).toEqual([true, true]);
    expect(() => queue.offer("c")).toThrow(OverflowError);
    expect(() => queue.offer("c", { key: "k" })).toThrow('"texts" is full: 2 entries wait.');
    expect(data(takeAll(queue))).toEqual(["a", "b"]);
    expect(queue.stats()).toMatchObject({ offered: 2, dropped: 0 });
  });

  it("has room for another as soon as one is taken, for a retried one always", () => {
    const { queue } = createTexts({ capacity: 1 });
    queue.offer("a");
    const a = queue.take();
    queue.offer("b");
    a?.retry();
    expect(queue.size).toBe(2);
    expect(() => queue.offer("c")).toThrow(OverflowError);
    queue.take()?.done();
    expect(() => queue.offer("c")).toThrow(OverflowError);
    queue.take()?.done();
    expect(queue.offer("c")).toBe(true);
  });

  it("drops the oldest, whatever its priority, delay and key", async () => {
    const { queue, dropped } = createTexts({ capacity: 3, overflow: "drop-oldest" });
    queue.offer("delayed", { delay: 1_000 });
    queue.offer("urgent", { priority: 9 });
    queue.offer("k1", { key: "k" });
    for (const text of ["k2", "k3", "k4"]) expect(queue.offer(text, { key: "k" })).toBe(true);
    expect(dropped).toMatchObject([
      { id: 1, data: "delayed", reason: "overflow" },
      { id: 2, data: "urgent", priority: 9 },
      { id: 3, data: "k1", key: "k" },
    ]);
    const [k2, ...others] = takeAll(queue);
    expect([k2?.data, others]).toEqual(["k2", []]);
    k2?.done();
    expect(data(takeAll(queue))).toEqual(["k3"]);
  });

  it("drops as many as are too many when others came back", () => {
    const { queue, dropped } = createTexts({ capacity: 2, overflow: "drop-oldest" });
    for (const text of ["a", "b"]) queue.offer(text);
    const [a, b] = takeAll(queue);
    for (const text of ["c", "d"]) queue.offer(text);
    a?.retry(100);
    b?.release();
    expect(queue.size).toBe(4);
    queue.offer("e");
    expect(data(dropped)).toEqual(["a", "b", "c"]);
    expect(queue.size).toBe(2);
  });

  it("frees the key of a dropped entry that held it for another attempt", () => {
    const { queue } = createTexts({ capacity: 2, overflow: "drop-oldest" });
    queue.offer("k1", { key: "k" });
    queue.take()?.retry(1_000);
    queue.offer("k2", { key: "k" });
    expect(queue.take()).toBeUndefined();
    queue.offer("other");
    expect(data(takeAll(queue))).toEqual(["k2", "other"]);
  });

  it("drops the newest, and says so to who offered it", () => {
    const { queue, dropped } = createTexts({ capacity: 1, overflow: "drop-newest" });
    expect([queue.offer("a"), queue.offer("b", { priority: 1 })]).toEqual([true, false]);
    expect(dropped).toMatchObject([{ id: 0, data: "b", priority: 1, reason: "overflow" }]);
    expect(queue.stats()).toMatchObject({ depth: 1, offered: 1, dropped: 1 });
    expect(data(takeAll(queue))).toEqual(["a"]);
  });

  it("refuses options that make no sense", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN])
      expect(() => createTexts({ capacity })).toThrow(MisuseError);
    for (const attempts of [0, 2.5, Number.NaN]) expect(() => createTexts({ attempts })).toThrow(MisuseError);
    for (const deadLetters of [-1, 0.5]) expect(() => createTexts({ deadLetters })).toThrow(MisuseError);
    // Of whoever writes no types.
    const overflow = "block" as Overflow;
    expect(() => createTexts({ overflow })).toThrow('overflow of "texts" must be');
    const { queue } = createTexts();
    for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => queue.offer("a", { delay })).toThrow(MisuseError);
    }
    expect(() => queue.offer("a", { priority: Number.NaN })).toThrow(MisuseError);
    queue.offer("a");
    expect(() => queue.take()?.retry(-1)).toThrow(MisuseError);
    expect(queue.size).toBe(0);
  });
});

describe("conflation", () => {
  it("gives the newest of each key, in the place of the first, with its priority and delay", async () => {
    const { queue, clock, dropped } = createTexts({ overflow: "conflate" });
    queue.offer("a1", { key: "a" });
    queue.offer("b1", { key: "b", delay: 100 });
    queue.offer("none 1");
    queue.offer("a2", { key: "a", priority: -5 });
    queue.offer("b2", { key: "b" });
    queue.offer("none 2");
    expect(queue.size).toBe(4);
    expect(data(takeAll(queue))).toEqual(["a2", "none 1", "none 2"]);
    await clock.advance(100);
    expect(data(takeAll(queue))).toEqual(["b2"]);
    expect(dropped).toMatchObject([
      { id: 1, data: "a1", reason: "replaced" },
      { id: 2, data: "b1", reason: "replaced" },
    ]);
  });

  it("lets a key that never rests come to its turn", () => {
    const { queue } = createTexts({ overflow: "conflate" });
    queue.offer("busy", { key: "busy" });
    queue.offer("calm", { key: "calm" });
    const seen: (string | undefined)[] = [];
    for (let turn = 0; turn < 4; turn++) {
      queue.offer(`busy ${turn}`, { key: "busy" });
      const entry = queue.take();
      seen.push(entry?.data);
      entry?.done();
    }
    expect(seen).toEqual(["busy 0", "calm", "busy 2", "busy 3"]);
  });

  it("does not replace what is under way, and lets that give way when it comes back", () => {
    const { queue, dropped } = createTexts({ overflow: "conflate", attempts: 3, backoff: () => 0 });
    queue.offer("old", { key: "k" });
    const old = queue.take();
    queue.offer("new", { key: "k" });
    expect(dropped).toEqual([]);
    old?.fail("broken");
    expect(dropped).toMatchObject([{ data: "old", reason: "replaced" }]);
    expect(queue.take()).toMatchObject({ data: "new", attempt: 1 });
    expect(queue.stats()).toMatchObject({ failed: 1, retried: 0, dropped: 1 });
  });

  it("gives new data the attempts anew, but not before the time of the next attempt", async () => {
    const { queue, clock } = createTexts({ overflow: "conflate" });
    queue.offer("old", { key: "k" });
    queue.take()?.retry(100);
    queue.offer("new", { key: "k" });
    expect(queue.take()).toBeUndefined();
    await clock.advance(100);
    expect(queue.take()).toMatchObject({ data: "new", attempt: 1 });
  });

  it("drops the oldest when there are too many keys", () => {
    const { queue, dropped } = createTexts({ overflow: "conflate", capacity: 2 });
    for (const key of ["a", "b", "a", "c"]) queue.offer(`${key}`, { key });
    expect(dropped).toMatchObject([
      { data: "a", reason: "replaced" },
      { data: "a", reason: "overflow" },
    ]);
    expect(data(takeAll(queue))).toEqual(["b", "c"]);
  });
});

describe("what is dropped", () => {
  it("is logged once where nobody asked to be told, unless it was replaced", () => {
    const { queue, clock } = createTexts({ overflow: "conflate", capacity: 1, onDrop: undefined });
    for (const key of ["a", "a"]) queue.offer("text", { key });
    expect(clock.loggedErrors).toEqual([]);
    for (const key of ["b", "c"]) queue.offer("text", { key });
    expect(clock.loggedErrors).toMatchObject([{ code: "Dropped", about: "texts" }]);
    expect(clock.loggedErrors[0]).toBeInstanceOf(DroppedError);
    expect(queue.stats().dropped).toBe(3);
  });

  it.each(["drop-oldest", "drop-newest", "conflate"] as const)(
    "is not offered again for ever by who is told of it, with %s",
    (overflow) => {
      let told = 0;
      const { queue, clock } = createTexts({
        ...{ overflow, capacity: 1, key: () => "k" },
        onDrop: ({ data }) => {
          told += 1;
          if (told < 1_000) queue.offer(data);
        },
      });
      for (const text of ["a", "b"]) queue.offer(text);
      expect(told).toBe(1);
      expect(clock.uncaughtErrors).toMatchObject([{ code: "Overflow" }]);
      expect(data(takeAll(queue))).toEqual([overflow === "drop-newest" ? "a" : "b"]);
    },
  );

  it("may be offered again where there is room", async () => {
    const { queue, clock } = createTexts({
      deadLetters: 0,
      overflow: "drop-oldest",
      onDrop: ({ data }) => queue.offer(`${data} again`),
    });
    queue.offer("a");
    queue.take()?.fail("broken");
    expect(data(takeAll(queue))).toEqual(["a again"]);
    expect(clock.uncaughtErrors).toEqual([]);
  });

  it("is told in a way whose failure is reported", () => {
    const again: string[] = [];
    const { queue, clock } = createTexts({
      overflow: "drop-oldest",
      capacity: 1,
      onDrop: ({ data }) => {
        again.push(data);
        throw new Error("broken");
      },
    });
    for (const text of ["a", "b"]) queue.offer(text);
    expect(again).toEqual(["a"]);
    expect(clock.uncaughtErrors).toMatchObject([{ message: "broken" }]);
    expect(data(takeAll(queue))).toEqual(["b"]);
  });
});
