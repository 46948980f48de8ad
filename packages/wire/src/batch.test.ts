import { describe, expect, it, vi } from "vitest";
import { Batch } from "./batch.js";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { decodeFrame } from "./frames.js";
import { Outgoing, OutgoingEvent } from "./outgoing.js";
import { textFrame } from "./text-frame.js";

const messages = ["1", "22", "333"].map((text) => new Outgoing(undefined, text));
const [first, second, third] = messages as [Outgoing, Outgoing, Outgoing];

const head = {
  name: "a",
  key: undefined,
  delivery: "live",
  overflow: "drop-oldest",
  prefix: "p",
  time: 5,
} as const;

/** An event in the form of bytes, with an object that has a shape from the second time on. */
function packed(binary: Binary, number: number, data: unknown): Outgoing {
  const event = new OutgoingEvent({ ...head, number }, data);
  event.encode(binary);
  return event;
}

describe("a batch", () => {
  it("begins empty", () => {
    const batch = new Batch();
    expect(batch).toMatchObject({ count: 0, size: 0, atMost: 2, shapes: 0 });
    expect(batch.messages()).toEqual([]);
  });

  it("is the same one for all who come to it by the same messages", () => {
    const start = new Batch();
    const one = start.next(first).next(second);
    const other = start.next(first).next(second);
    expect(other).toBe(one);
    expect(one.messages()).toEqual([first, second]);
    expect(one.next(third)).toBe(other.next(third));
  });

  it("is another one where the ways part, and each keeps its own messages", () => {
    const start = new Batch();
    const one = start.next(first).next(second).next(third);
    const other = start.next(first).next(third);
    const late = start.next(second).next(third);
    expect(one.messages()).toEqual([first, second, third]);
    expect(other.messages()).toEqual([first, third]);
    expect(late.messages()).toEqual([second, third]);
    expect(start.count).toBe(0);
  });

  it("shares by the message and not by what it says", () => {
    const start = new Batch();
    expect(start.next(new Outgoing(undefined, "1"))).not.toBe(start.next(new Outgoing(undefined, "1")));
  });

  it("knows what its messages weigh, and never less than their frame takes", () => {
    const batch = messages.reduce((before, message) => before.next(message), new Batch());
    expect(batch).toMatchObject({ count: 3, size: 6 });
    expect(batch.frame(undefined, 0)).toBe("[1,22,333]");
    expect(batch.atMost).toBeGreaterThanOrEqual("[1,22,333]".length);
    const wide = new Batch().next(new Outgoing(undefined, JSON.stringify("€".repeat(100))));
    expect(wide.atMost).toBeGreaterThanOrEqual(new TextEncoder().encode(textFrame(wide.messages())).length);
  });

  it("makes its frame once for all who were told of the same shapes", () => {
    const binary = new Binary();
    const made = vi.spyOn(binary, "frame");
    const object = { station: "north", celsius: 7 };
    let batch = new Batch();
    for (let number = 1; number <= 3; number++) batch = batch.next(packed(binary, number, object));
    expect(batch.shapes).toBe(1);
    const untold = batch.frame(binary, 0);
    expect(batch.frame(binary, 0)).toBe(untold);
    expect(made).toHaveBeenCalledTimes(1);
    const told = batch.frame(binary, 1);
    expect(told.length).toBeLessThan(untold.length);
    // More than these messages need makes no difference.
    expect(batch.frame(binary, 9)).toBe(told);
    expect(made).toHaveBeenCalledTimes(2);
  });

  it("tells of the shapes of what came as text and was packed for others since", () => {
    const binary = new Binary();
    const object = { station: "north", celsius: 7 };
    packed(binary, 1, object);
    const both = new OutgoingEvent({ ...head, number: 2 }, object);
    both.encode(undefined);
    const batch = new Batch().next(both);
    both.encode(binary);
    const later = batch.next(packed(binary, 3, "x"));
    expect(later.shapes).toBe(1);
    expect(decodeFrame(later.frame(binary, 0), new BinaryReader())).toEqual([
      ["events", "a", "p", 5, 2, object, 1, "x"],
    ]);
  });

  it("is text where all of it is, and where nobody reads bytes", () => {
    const binary = new Binary();
    const event = packed(binary, 1, "x");
    expect(new Batch().next(first).frame(binary, 0)).toBe("[1]");
    expect(new Batch().next(first).next(event).frame(binary, 0)).toBeInstanceOf(Uint8Array);
    event.encode(undefined);
    expect(new Batch().next(event).frame(undefined, 0)).toBe('[["event","a","x","p.1",5]]');
  });
});
