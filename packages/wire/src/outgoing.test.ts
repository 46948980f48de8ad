import { InvalidError } from "@eventwire/core";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Binary } from "./binary.js";
import { type EventHead, Outgoing, OutgoingEvent, smallFrame } from "./outgoing.js";
import { ShapeSet } from "./shape-set.js";
import { textFrame } from "./text-frame.js";

const head: EventHead = {
  name: "room.opened",
  key: undefined,
  delivery: "live",
  overflow: "drop-oldest",
  prefix: "p",
  number: 1,
  time: 978_336_000_000,
};

const isLarge = (data: unknown) => new OutgoingEvent(head, data).large;

describe("an event on its way out", () => {
  it("is encoded once in each form, however many get it", () => {
    const binary = new Binary();
    const packs = vi.spyOn(binary, "pack");
    const told = vi.fn(() => "told");
    const event = new OutgoingEvent(head, { toJSON: told });
    for (let time = 0; time < 3; time++) event.encode(undefined);
    expect(told).toHaveBeenCalledTimes(1);
    for (let time = 0; time < 3; time++) event.encode(binary);
    expect(packs).toHaveBeenCalledTimes(1);
    expect(event.text).toBe('"told"');
    expect(event.packed).toEqual(Uint8Array.of(0xa4, ...new TextEncoder().encode("told")));
  });

  it("is what it was when it was emitted", () => {
    const data = { count: 1 };
    const event = new OutgoingEvent(head, data);
    event.encode(undefined);
    data.count = 2;
    event.encode(undefined);
    expect(event.text).toBe('{"count":1}');
  });

  it("takes no form more when it is sealed: its data may have changed", () => {
    const event = new OutgoingEvent(head, { count: 1 });
    event.encode(undefined);
    event.seal();
    event.encode(new Binary());
    expect(event.packed).toBeUndefined();
    expect(event.text).toBe('{"count":1}');
  });

  it("counts its text also where it was measured as bytes before", () => {
    const event = new OutgoingEvent(head, new Uint8Array(1_000));
    event.encode(new Binary());
    expect(event.bytes).toBeLessThan(1_200);
    event.encode(undefined);
    expect(event.bytes).toBeGreaterThan(event.text!.length);
  });

  it("names itself where it cannot be encoded, and the next one can", () => {
    const binary = new Binary();
    for (const packer of [undefined, binary]) {
      const event = new OutgoingEvent(head, { before: "x", bad: () => undefined });
      expect(() => event.encode(packer)).toThrow(InvalidError);
      expect(() => event.encode(packer)).toThrow(/room\.opened/);
    }
    expect(binary.pack("x", "a").bytes).toEqual(Uint8Array.of(0xa1, 0x78));
  });

  it("never takes more in a frame than it says", () => {
    const binary = new Binary();
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (data, number) => {
        const text = new OutgoingEvent({ ...head, number }, data);
        text.encode(undefined);
        const bytes = new TextEncoder().encode(textFrame([text])).length;
        expect(bytes).toBeLessThanOrEqual(text.bytes + 2);
        expect(text.bytes).toBeLessThanOrEqual(text.atMost);
        const packed = new OutgoingEvent({ ...head, number }, data);
        packed.encode(binary);
        // Its shapes are told once, in a frame of their own.
        expect(binary.frame([packed]).length).toBeLessThanOrEqual(packed.atMost + 2);
      }),
    );
  });
});

describe("a message of the protocol", () => {
  it("is weighed by its text alone", () => {
    const message = new Outgoing(undefined, '["listening",1]');
    expect(message).toMatchObject({ size: 15, bytes: 15, large: false, shapes: ShapeSet.none });
    message.seal();
    message.encode(new Binary());
    expect(message.packed).toBeUndefined();
    const wide = new Outgoing(undefined, JSON.stringify("€".repeat(100)));
    expect(wide.bytes).toBe(302);
    expect(wide.atMost).toBeGreaterThanOrEqual(302);
  });
});

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
