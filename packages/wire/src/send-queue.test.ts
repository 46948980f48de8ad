import type { Delivery, Key, Overflow } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { Outgoing } from "./outgoing.js";
import { SendQueue } from "./send-queue.js";

interface Kind {
  readonly delivery?: Delivery;
  readonly key?: Key;
  readonly overflow?: Overflow;
  readonly name?: string;
}

function event(text: string, { delivery = "live", key, overflow = "drop-oldest", name = "a" }: Kind = {}) {
  return new Outgoing({ name, key, delivery, overflow, prefix: "p", number: 1, time: 5 }, text);
}

const answer = (text: string) => new Outgoing(undefined, text);
const texts = (queue: SendQueue, now = 0) => queue.take(now, Infinity, Infinity).map(({ text }) => text);
/** Room for so many events of one character. */
const roomFor = (count: number) => count * event("1").size;

describe("what waits for a link", () => {
  it("keeps its order", () => {
    const queue = new SendQueue();
    for (const message of [event("1"), answer("2"), event("3", { delivery: "volatile" }), event("4")]) {
      expect(queue.push(message, 0, roomFor(9))).toBe(true);
    }
    expect(texts(queue)).toEqual(["1", "2", "3", "4"]);
    expect(queue).toMatchObject({ count: 0, size: 0, idle: true });
  });

  it("is the newest of each key where it is volatile, behind what came before that", () => {
    const queue = new SendQueue();
    const moved = (text: string, key?: Key) =>
      event(text, { delivery: "volatile", ...(key !== undefined && { key }) });
    for (const message of [
      moved("1", "a"),
      moved("2", "b"),
      moved("3", "a"),
      moved("4"),
      moved("5"),
      moved("6", 1),
      moved("7", "1"),
    ]) {
      queue.push(message, 0, roomFor(99));
    }
    expect(queue.conflated).toBe(2);
    expect(texts(queue)).toEqual(["2", "3", "5", "6", "7"]);
    queue.push(moved("8", "a"), 0, roomFor(99));
    expect(texts(queue)).toEqual(["8"]);
    expect(queue.missed()).toEqual([]);
  });

  it("gives up its oldest live events for new ones, and tells how many of which key", () => {
    const queue = new SendQueue();
    for (const [text, key] of [
      ["1", "a"],
      ["2", "b"],
      ["3", "a"],
      ["4", "a"],
      ["5", "b"],
    ] as const) {
      expect(queue.push(event(text, { key }), 0, roomFor(2))).toBe(true);
    }
    expect(queue.missed()).toEqual([
      { name: "a", key: "a", count: 2 },
      { name: "a", key: "b", count: 1 },
    ]);
    expect(texts(queue)).toEqual(["4", "5"]);
    expect(queue.dropped).toBe(3);
  });

  it("keeps the older ones where the event says so", () => {
    const queue = new SendQueue();
    for (const text of ["1", "2", "3"]) {
      expect(queue.push(event(text, { overflow: "drop-newest" }), 0, roomFor(2))).toBe(true);
    }
    expect(texts(queue)).toEqual(["1", "2"]);
    expect(queue.missed()).toEqual([{ name: "a", key: undefined, count: 1 }]);
  });

  it("is refused where the event, or an answer, may not go and nothing else may", () => {
    const queue = new SendQueue();
    const needed = { overflow: "disconnect" } as const;
    expect(queue.push(event("1", needed), 0, roomFor(1))).toBe(true);
    expect(queue.push(event("2", needed), 0, roomFor(1))).toBe(false);
    const answers = new SendQueue();
    answers.push(event("1"), 0, roomFor(1));
    expect(answers.push(answer("x".repeat(roomFor(1))), 0, roomFor(1))).toBe(true);
    expect(answers.push(answer("x"), 0, roomFor(1))).toBe(false);
  });

  it("is live for ten seconds, whatever room there is", () => {
    const queue = new SendQueue();
    queue.push(event("1"), 0, roomFor(9));
    queue.push(answer("2"), 0, roomFor(9));
    queue.push(event("3"), 5_000, roomFor(9));
    expect(texts(queue, 10_001)).toEqual(["2", "3"]);
    expect(queue.missed()).toEqual([{ name: "a", key: undefined, count: 1 }]);
    expect(queue.idle).toBe(true);
  });

  it("loses nothing live where that was promised, and is refused what is too much", () => {
    const queue = new SendQueue(true);
    for (const [text, overflow] of [
      ["1", "drop-oldest"],
      ["2", "drop-newest"],
      ["3", "disconnect"],
    ] as const) {
      expect(queue.push(event(text, { overflow }), 0, roomFor(3))).toBe(true);
    }
    for (const overflow of ["drop-newest", "disconnect"] as const)
      expect(queue.push(event("4", { overflow }), 0, roomFor(3))).toBe(false);
    expect(texts(queue, 60_000)).toEqual(["1", "2", "3"]);
    for (const text of ["5", "6"]) queue.push(event(text), 0, roomFor(2));
    expect(queue.push(event("7"), 0, roomFor(2))).toBe(false);
    expect(texts(queue)).toEqual(["5", "6", "7"]);
    expect(queue.missed()).toEqual([]);
  });

  it("tells of a hundred keys apart, and of the others together", () => {
    const queue = new SendQueue();
    for (let key = 0; key < 150; key++) queue.push(event("1", { key }), 0, 0);
    const missed = queue.missed();
    expect(missed).toHaveLength(101);
    expect(missed.at(-1)).toEqual({ name: "a", key: undefined, count: 50 });
    expect(queue.missed()).toEqual([]);
  });

  it("is taken in parts of so many bytes and messages, at least one", () => {
    const queue = new SendQueue();
    for (const text of ["1", "2", "3", "4"]) queue.push(answer(text.repeat(10)), 0, 1_000);
    expect(queue.take(0, 22, Infinity)).toHaveLength(2);
    expect(queue.take(0, 5, Infinity)).toHaveLength(1);
    expect(queue.take(0, 1_000, 1)).toHaveLength(1);
    expect(queue.take(0, 1_000, 1)).toEqual([]);
  });

  it("keeps no more places than twice what waits, though it is never all taken", () => {
    const queue = new SendQueue();
    let [places, taken] = [0, 0];
    queue.push(answer("first"), 0, Infinity);
    for (let count = 0; count < 10_000; count++) {
      queue.push(event(`${count}`, { delivery: "volatile", key: count % 10 }), 0, Infinity);
      places = Math.max(places, queue.places);
      if (count % 100 === 99) taken += queue.take(0, Infinity, 5).length;
    }
    expect(places).toBeLessThan(150);
    expect(taken).toBe(500);
    const last = texts(queue);
    expect(last.slice(-5)).toEqual(["9995", "9996", "9997", "9998", "9999"]);
    expect(last.length).toBeLessThanOrEqual(10);
  });

  it("still gives way to the newest of its key, and drops the oldest, when places were closed up", () => {
    const queue = new SendQueue();
    const moved = (text: string, key: Key) => event(text, { delivery: "volatile", key });
    queue.push(event("live"), 0, Infinity);
    for (let count = 0; count < 200; count++) queue.push(moved(`${count}`, "a"), 0, Infinity);
    queue.push(moved("b", "b"), 0, Infinity);
    queue.push(moved("newest", "a"), 0, Infinity);
    queue.push(answer("1"), 0, queue.size);
    expect(queue.missed()).toEqual([{ name: "a", key: undefined, count: 1 }]);
    expect(texts(queue)).toEqual(["b", "newest", "1"]);
  });
});
