import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capture } from "./capture.js";
import { encodeJson } from "./json.js";

const odd = fc.constantFrom(
  new URL("https://example.org/a"),
  Promise.resolve(1),
  new Float32Array(2),
  new ArrayBuffer(2),
  () => 1,
  Symbol("s"),
  -0,
  undefined,
  10n ** 5_000n,
  new (class Money {
    readonly amount = 1;
    toJSON = () => new Map([["amount", this.amount]]);
  })(),
  new (class Point {
    readonly x = 1;
    get y(): number {
      return 2;
    }
  })(),
);

const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5 },
    fc.string(),
    fc.double(),
    fc.date(),
    fc.uint8Array(),
    odd,
    fc.array(tie("data"), { maxLength: 3 }),
    fc.array(fc.tuple(tie("data"), tie("data")), { maxLength: 2 }).map((pairs) => new Map(pairs)),
    fc.array(tie("data"), { maxLength: 2 }).map((items) => new Set(items)),
    fc.dictionary(fc.string(), tie("data"), { maxKeys: 3 }),
  ),
}));

/** As the buffers of Node: what is sliced off shares their memory. */
class SharingBytes extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end);
  }
}

function outcome(value: unknown): unknown {
  try {
    return encodeJson(value, "a");
  } catch (error) {
    return String(error);
  }
}

describe("a captured value", () => {
  it("is encoded, or refused, as the value itself is", () => {
    fc.assert(fc.property(data, (value) => outcome(capture(value)) === outcome(value)));
  });

  it("is reached by no later change", () => {
    const value = {
      list: [{ a: 1 }],
      at: new Date(5),
      bytes: Uint8Array.of(1),
      buffer: SharingBytes.of(1),
      map: new Map([["k", { a: 1 }]]),
      set: new Set([1]),
    };
    const before = encodeJson(value, "a");
    const captured = capture(value);
    value.list[0]!.a = 2;
    value.list.push({ a: 3 });
    value.at.setTime(6);
    value.bytes[0] = 2;
    value.buffer[0] = 2;
    value.map.get("k")!.a = 2;
    value.set.add(2);
    expect(encodeJson(captured, "a")).toBe(before);
  });

  it("of what nests without end is refused as the value itself is", () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle: new Map([["a", cycle]]) });
    expect(outcome(capture(cycle))).toBe(outcome(cycle));
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(outcome(capture(deep))).toBe(outcome(deep));
  });
});
