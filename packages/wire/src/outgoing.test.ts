import { describe, expect, it } from "vitest";
import { OutgoingEvent, smallFrame } from "./outgoing.js";

const isLarge = (data: unknown) => {
  const head = { key: undefined, delivery: "live", overflow: "drop-oldest", time: undefined } as const;
  return new OutgoingEvent({ ...head, name: "a", prefix: "p", number: 1 }, data).large;
};

describe("a large event", () => {
  it("is one whose texts, bytes and items are, however they are nested", () => {
    const text = "x".repeat(smallFrame + 1);
    for (const data of [text, [text], { a: { b: text } }, new Uint8Array(smallFrame + 1)])
      expect(isLarge(data)).toBe(true);
    expect(isLarge(Array.from({ length: 200 }, (_, index) => index))).toBe(true);
    expect(isLarge(new Map(Array.from({ length: 200 }, (_, index) => [index, index])))).toBe(true);
    for (const data of [undefined, 1, "x", { a: [1, "x".repeat(500)] }, new Set([1])])
      expect(isLarge(data)).toBe(false);
  });

  it("is told apart from a small one without going through all of it, though it hold itself", () => {
    const cycle: { self?: unknown; items?: unknown[] } = {};
    cycle.self = cycle;
    expect(isLarge(cycle)).toBe(true);
    const items: unknown[] = [];
    items.push(items, items);
    expect(isLarge(items)).toBe(true);
    let asked = 0;
    const deep = (): object => ({
      get next() {
        asked += 1;
        return deep();
      },
    });
    expect(isLarge(deep())).toBe(true);
    expect(asked).toBeLessThan(smallFrame);
  });
});
