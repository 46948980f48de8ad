import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidError } from "./errors/invalid-error.js";
import { decodeJson, encodeJson } from "./json.js";
import { maxDepth } from "./max-depth.js";

// The prototype is dropped, and toStrictEqual() asks an object for its own constructor: both are tested apart.
const key = fc
  .oneof(fc.string(), fc.constantFrom("$", "toString", "length"))
  .filter((text) => text !== "__proto__" && text !== "constructor");

const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.double(),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constantFrom(null, undefined, Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
    fc.array(tie("data"), { maxLength: 4 }),
    fc.array(fc.tuple(tie("data"), tie("data")), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(tie("data"), { maxLength: 4 }).map((items) => new Set(items)),
    fc.dictionary(
      key,
      // A property that is undefined is a missing one, as in JSON.
      tie("data").filter((value) => value !== undefined),
      { maxKeys: 4, noNullPrototype: true },
    ),
    tie("data")
      .filter((value) => value !== undefined)
      .map(($) => ({ $ })),
  ),
}));

const roundTrip = (value: unknown) => decodeJson(encodeJson(value, "test"));

function nested(depth: number, make: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = make(value);
  return value;
}

describe("a round trip", () => {
  it("gives back any nest of dates, bigints, bytes, maps, sets, odd numbers and objects of a $", () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(roundTrip(value)).toStrictEqual(value);
      }),
      { numRuns: 3_000 },
    );
  });

  it("tells -0 from 0 and keeps an invalid date invalid", () => {
    expect(Object.is(roundTrip(-0), -0)).toBe(true);
    expect(Object.is(roundTrip(0), 0)).toBe(true);
    expect(roundTrip(new Date(Number.NaN))).toStrictEqual(new Date(Number.NaN));
  });

  it("drops a property that is undefined, and keeps an item that is", () => {
    expect(roundTrip({ a: undefined, b: [undefined] })).toStrictEqual({ b: [undefined] });
    expect(roundTrip({ $: 1, a: undefined })).toStrictEqual({ $: 1 });
  });

  it("keeps a property named as a member of every object is", () => {
    const value = roundTrip({ constructor: [1], hasOwnProperty: null }) as Record<string, unknown>;
    expect(Object.entries(value)).toStrictEqual([
      ["constructor", [1]],
      ["hasOwnProperty", null],
    ]);
  });

  it("drops a property named __proto__, beside whatever else there is", () => {
    for (const data of [{ a: 1 }, { $: 1 }, { at: new Date(5) }, { a: 1, $: 2n }]) {
      const value = JSON.parse('{"__proto__":{"polluted":1}}') as object;
      expect(roundTrip(Object.assign(value, data))).toStrictEqual(data);
    }
  });

  it("tells a missing item of a sparse array as undefined", () => {
    // biome-ignore lint/suspicious/noSparseArray: it is what is tested.
    expect(roundTrip([1, , 2])).toStrictEqual([1, undefined, 2]);
  });

  it("sends the own properties of a class's instances, and of objects without a prototype", () => {
    class Base {
      readonly a = 1;
      get b() {
        return 2;
      }
    }
    class Derived extends Base {
      readonly at = new Date(5);
    }
    expect(roundTrip(new Derived())).toStrictEqual({ a: 1, at: new Date(5) });
    expect(roundTrip(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
  });

  it("asks what has a toJSON, and an array for its items, as MessagePack does", () => {
    const hidden = (to: unknown) => Object.defineProperty({ a: 1 }, "toJSON", { value: () => to });
    for (const to of [new Date(5), 5n, Number.NaN, undefined, { b: new Set([1]) }]) {
      expect(roundTrip(hidden(to))).toStrictEqual(to);
      expect(roundTrip({ toJSON: () => to })).toStrictEqual(to);
      expect(roundTrip([Object.assign([1, 2], { toJSON: () => to })])).toStrictEqual([[1, 2]]);
    }
  });

  it("takes a getter by its word once where that is no JSON when it is asked again", () => {
    const turning = (...values: readonly unknown[]) => ({
      before: 1,
      get turns() {
        const [value] = values;
        if (values.length > 1) values = values.slice(1);
        return value;
      },
    });
    expect(roundTrip(turning(1, 2n))).toStrictEqual({ before: 1, turns: 2n });
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => encodeJson(turning(1, cycle), "test")).toThrow(InvalidError);
    expect(() => encodeJson(turning(1, [2n, () => 1]), "test")).toThrow(InvalidError);
  });

  it("does not change what it encodes", () => {
    const value = { at: new Date(5), list: [1n, { $: new Set([undefined]) }] };
    encodeJson(value, "test");
    expect(value).toStrictEqual({ at: new Date(5), list: [1n, { $: new Set([undefined]) }] });
  });

  it.each([
    ["arrays", (inner: unknown) => [inner]],
    ["objects", (inner: unknown) => ({ a: inner })],
    ["sets", (inner: unknown) => new Set([inner])],
    ["objects of a $", (inner: unknown) => ({ $: inner })],
  ])("of %s works to the same depth as encoding", (_, make) => {
    expect(roundTrip(nested(maxDepth, make))).toStrictEqual(nested(maxDepth, make));
    expect(() => encodeJson(nested(maxDepth + 1, make), "test")).toThrow(InvalidError);
  });

  it("of maps works to the same depth as encoding", () => {
    const maps = (depth: number) => nested(depth, (inner) => new Map([[inner, inner]]));
    const pairs = (depth: number) => nested(depth, (inner) => new Map([["a", inner]]));
    expect(roundTrip(pairs(maxDepth / 2))).toStrictEqual(pairs(maxDepth / 2));
    expect(roundTrip(maps(4))).toStrictEqual(maps(4));
    expect(() => encodeJson(pairs(maxDepth / 2 + 1), "test")).toThrow(InvalidError);
  });

  it.each([undefined, -0, 5n, new Date(5), Uint8Array.of(1)])(
    "of %s at the deepest place works or is refused",
    (leaf) => {
      const deepest = (depth: number) => {
        let value: unknown = leaf;
        for (let level = 0; level < depth; level++) value = [value];
        return value;
      };
      expect(roundTrip(deepest(maxDepth - 2))).toStrictEqual(deepest(maxDepth - 2));
      for (const depth of [maxDepth - 1, maxDepth, maxDepth + 1]) {
        let encoded: string | undefined;
        try {
          encoded = encodeJson(deepest(depth), "test");
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidError);
        }
        if (encoded !== undefined) expect(decodeJson(encoded)).toStrictEqual(deepest(depth));
      }
    },
  );
});

describe("encodeJson", () => {
  const cycle: unknown[] = [];
  cycle.push({ cycle });

  it.each([
    ["a function", { run: () => 1 }],
    ["a promise that was not awaited", { answer: Promise.resolve(1) }],
    ["an array of floats", new Float32Array(2)],
    ["a buffer", new ArrayBuffer(2)],
    ["a symbol", [Symbol("a")]],
    ["a cycle", cycle],
    ["a bigint of more digits than may be read", 10n ** 5_000n],
  ])("refuses %s with the name of the message", (_, value) => {
    expect(() => encodeJson(value, "note.added")).toThrow(InvalidError);
    expect(() => encodeJson(value, "note.added")).toThrow(/"note.added"/);
  });

  it("asks an object how it wants to be JSON, as JSON.stringify does", () => {
    expect(encodeJson({ url: new URL("https://example.com/a") }, "test")).toBe(
      '{"url":"https://example.com/a"}',
    );
  });

  it("writes plain JSON as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const encoded = encodeJson(value, "test");
        if (!encoded.includes('"$"')) expect(encoded).toBe(JSON.stringify(JSON.parse(JSON.stringify(value))));
      }),
    );
  });
});

describe("decodeJson", () => {
  it.each([
    '{"__proto__":{"polluted":1},"a":1}',
    '{"\\u005f_proto__":{"polluted":1},"a":1}',
    '{"a":1,"__proto__":7}',
  ])("drops the prototype of %s", (text) => {
    const value = decodeJson(text) as object;
    expect(value).toStrictEqual({ a: 1 });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in value).toBe(false);
  });

  it("drops a prototype inside a tag and an array too", () => {
    const text = '{"$":["map",[["a",{"__proto__":{"polluted":1}}],[[{"__proto__":1}],1]]]}';
    expect(decodeJson(text)).toStrictEqual(
      new Map<unknown, unknown>([
        ["a", {}],
        [[{}], 1],
      ]),
    );
    expect(decodeJson('{"$":["$",{"__proto__":1}]}')).toStrictEqual({ $: {} });
  });

  it.each([
    '{"$":1}',
    '{"$":null}',
    '{"$":{"a":1}}',
    '{"$":[]}',
    '{"$":["nothing",1]}',
    '{"$":["constructor",1]}',
    '{"$":["date","2001-01-01"]}',
    '{"$":["date"]}',
    '{"$":["number",1]}',
    '{"$":["number","1"]}',
    '{"$":["bigint","0x10"]}',
    '{"$":["bigint",""]}',
    '{"$":["bigint"," 1"]}',

    '{"$":["bytes","%"]}',
    '{"$":["bytes",[1]]}',
    '{"$":["map",[1]]}',
    '{"$":["map",[["a"]]]}',
    '{"$":["map",[["a",1,2]]]}',
    '{"$":["map",{"length":1}]}',
    '{"$":["set",{"length":1}]}',
    '{"$":["set","abc"]}',
  ])("refuses the tag of %s in few words", (text) => {
    expect(() => decodeJson(text)).toThrow(SyntaxError);
    expect(() => decodeJson(text)).toThrow(/^.{0,100}$/);
  });

  it("refuses a bigint too long to be read fast, and shows little of an unknown tag", () => {
    expect(() => decodeJson(`{"$":["bigint","${"1".repeat(4_097)}"]}`)).toThrow(SyntaxError);
    expect(() => decodeJson(`{"$":["${"x".repeat(1_000)}",1]}`)).toThrow(/^.{0,100}$/);
  });

  it.each([
    ["arrays", (depth: number) => "[".repeat(depth) + "]".repeat(depth)],
    ["objects", (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`],
    ["tags", (depth: number) => `${'{"$":["$",'.repeat(depth)}1${"]}".repeat(depth)}`],
    ["sets", (depth: number) => `${'{"$":["set",['.repeat(depth)}1${"]]}".repeat(depth)}`],
    ["maps", (depth: number) => `${'{"$":["map",[[1,'.repeat(depth)}1${"]]]}".repeat(depth)}`],
    ["prototypes", (depth: number) => `${'{"__proto__":{"a":'.repeat(depth)}1${"}}".repeat(depth)}`],
  ])("does not overflow the stack on 100,000 levels of %s", (kind, make) => {
    if (kind === "prototypes") expect(decodeJson(make(100_000))).toStrictEqual({});
    else expect(() => decodeJson(make(100_000))).toThrow(SyntaxError);
  });

  it("never throws anything but a SyntaxError", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), fc.nat(), fc.string(), (text, at, noise) => {
        const cut = at % (text.length + 1);
        try {
          decodeJson(text.slice(0, cut) + noise + text.slice(cut));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
