import { describe, expect, it, vi } from "vitest";
import { Batch } from "./batch.js";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { decodeFrame } from "./frames.js";
import { Outgoing, OutgoingEvent } from "./outgoing.js";
import { ShapeSet } from "./shape-set.js";
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
    expect(batch).toMatchObject({ count: 0, size: 0, atMost: 2, shapes: ShapeSet.none });
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
    expect(batch.frame(undefined)).toBe("[1,22,333]");
    expect(batch.atMost).toBeGreaterThanOrEqual("[1,22,333]".length);
    const wide = new Batch().next(new Outgoing(undefined, JSON.stringify("€".repeat(100))));
    expect(wide.atMost).toBeGreaterThanOrEqual(new TextEncoder().encode(textFrame(wide.messages())).length);
  });

  it("makes its frame once for all, whatever they were told, and knows the shapes of all its messages", () => {
    const binary = new Binary();
    const made = vi.spyOn(binary, "frame");
    const numbers = (batch: Batch) => [...batch.shapes.numbers()];
    let batch = new Batch();
    for (let number = 1; number <= 3; number++)
      for (const object of [{ station: "north", celsius: 7 }, { elsewhere: 1 }, { volts: 1 }]) {
        const message = packed(binary, number, object);
        if (!("elsewhere" in object)) batch = batch.next(message);
      }
    expect(numbers(batch)).toEqual([0, 2]);
    expect(numbers(batch.next(packed(binary, 4, "x")))).toEqual([0, 2]);
    expect(batch.frame(binary)).toBe(batch.frame(binary));
    expect(made).toHaveBeenCalledTimes(1);
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
    expect([...later.shapes.numbers()]).toEqual([0]);
    const reader = new BinaryReader();
    reader.define(0, ["station", "celsius"]);
    expect(decodeFrame(later.frame(binary), reader)).toEqual([["events", "a", "p", 5, 2, object, 1, "x"]]);
  });

  it("is text where all of it is, and where nobody reads bytes", () => {
    const binary = new Binary();
    const event = packed(binary, 1, "x");
    expect(new Batch().next(first).frame(binary)).toBe("[1]");
    expect(new Batch().next(first).next(event).frame(binary)).toBeInstanceOf(Uint8Array);
    event.encode(undefined);
    expect(new Batch().next(event).frame(undefined)).toBe('[["event","a","x","p.1",5]]');
  });
});
