import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differences } from "./differences.js";

/** What is in it nobody sees. */
class Hidden {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get value(): number {
    return this.#value;
  }
}

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}

describe("differences", () => {
  it("are none to some of the properties, at any depth", () => {
    const order = { id: "o1", buyer: { name: "Ann", city: "Ulm" }, lines: [{ sku: "a", count: 1 }] };
    for (const expected of [{}, { id: "o1" }, { buyer: { city: "Ulm" } }, { lines: [{ sku: "a" }] }, order]) {
      expect(differences(order, expected)).toEqual([]);
    }
  });

  it.each([
    [{ id: 1 }, { id: 2 }, "id is 1 instead of 2"],
    [{ id: 1 }, { id: "1" }, 'id is 1 instead of "1"'],
    [{}, { id: 1 }, "id is undefined instead of 1"],
    [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, "a.b[0].c is 1 instead of 2"],
    [{ a: [1, 2] }, { a: [1] }, "a has length 2 instead of 1"],
    [[1], [1, 2], "it has length 1 instead of 2"],
    [null, {}, "it is null instead of {}"],
    [{ a: 1 }, null, "it is { a: 1 } instead of null"],
    [{ a: [] }, { a: {} }, "a is [] instead of {}"],
    [{ a: null }, { a: { b: 1 } }, "a is null instead of { b: 1 }"],
    ["a", "b", 'it is "a" instead of "b"'],
    [5n, 6n, "it is 5n instead of 6n"],
    [{ a: 1 }, { a: undefined }, "a is 1 instead of undefined"],
    [new Date(0), new Date(1), "it is 1970-01-01T00:00:00.000Z instead of 1970-01-01T00:00:00.001Z"],
    [new Date(0), { getTime: 0 }, "it is 1970-01-01T00:00:00.000Z instead of { getTime: 0 }"],
    [
      new Uint8Array([1]),
      new Uint8Array([2]),
      "it is Uint8Array of 1 bytes instead of Uint8Array of 1 bytes",
    ],
    [new Map([["a", { b: 1 }]]), new Map([["a", { b: 2 }]]), 'it.get("a").b is 1 instead of 2'],
    [new Set([1, 2]), new Set([1, 3]), "it is Set { 1, 2 } instead of Set { 1, 3 }"],
    [new Set([1, 2]), new Set([1]), "it is Set { 1, 2 } instead of Set { 1 }"],
    [/a/, /b/, "it is /a/ instead of /b/"],
    [/a/, /a/i, "it is /a/ instead of /a/i"],
    [new URL("http://a/"), new URL("http://b/"), "it is http://a/ instead of http://b/"],
    [new Error("a"), new Error("b"), "it is Error: a instead of Error: b"],
    [new TypeError("a"), new RangeError("a"), "it is TypeError: a instead of RangeError: a"],
    [
      new ArrayBuffer(1),
      new ArrayBuffer(2),
      "it is ArrayBuffer of 1 bytes instead of ArrayBuffer of 2 bytes",
    ],
    [new Hidden(1), new Hidden(2), "it is Hidden {} instead of Hidden {}"],
    [{ url: "http://a/" }, { url: new URL("http://a/") }, 'url is "http://a/" instead of http://a/'],
  ])("from %o to %o are said with their place", (actual, expected, difference) => {
    expect(differences(actual, expected)).toEqual([difference]);
  });

  it.each([
    [Number.NaN, Number.NaN],
    [0, -0],
    [new Date(7), new Date(7)],
    [new Date(Number.NaN), new Date(Number.NaN)],
    [new Uint8Array([1, 2]).subarray(1), new Uint8Array([2])],
    [new Map([["a", { b: 1, c: 2 }]]), new Map([["a", { b: 1 }]])],
    [new Set([{ a: 1, b: 2 }]), new Set([{ a: 1 }])],
    [{ a: undefined }, { a: undefined }],
    [{}, { a: undefined }],
    [/a/g, /a/g],
    [new URL("http://a/"), new URL("http://a/")],
    [new TypeError("a"), new TypeError("a")],
    [new TypeError("a"), { message: "a" }],
    [Uint8Array.of(1, 2).buffer, Uint8Array.of(1, 2).buffer],
    [new Hidden(1), {}],
    [new Point(1, 2), { x: 1 }],
    [new Point(1, 2), new Point(1, 2)],
  ])("from %o to %o are none", (actual, expected) => {
    expect(differences(actual, expected)).toEqual([]);
  });

  it("are all told, not only the first", () => {
    expect(differences({ a: 1, b: 2, c: 3 }, { a: 2, b: 2, c: 4 })).toHaveLength(2);
  });

  it("are told at each place of what stands at several", () => {
    const shared = { b: 1 };
    expect(differences({ x: { b: 1 }, y: { b: 2 } }, { x: shared, y: shared })).toEqual([
      "y.b is 2 instead of 1",
    ]);
  });

  it("ask the matchers of vitest and jest", () => {
    const actual = { id: "o17", count: 3, lines: ["a", "b"] };
    const expected = {
      id: expect.stringMatching(/^o\d+$/),
      count: expect.any(Number),
      lines: expect.arrayContaining(["b"]),
    };
    expect(differences(actual, expected)).toEqual([]);
    expect(differences(actual, { count: expect.any(String) })).toEqual(["count is 3 instead of Any<String>"]);
    expect(differences(actual, expect.objectContaining({ id: "o17" }))).toEqual([]);
  });

  it("ask a function that stands for the whole", () => {
    const over = (least: number) => (order: unknown) => (order as { total: number }).total > least;
    expect(differences({ total: 5 }, over(4))).toEqual([]);
    expect(differences({ total: 5 }, over(5))).toEqual(["the function given says no to { total: 5 }"]);
  });

  it("end with what contains itself", () => {
    const actual: { id: number; self?: unknown } = { id: 1 };
    actual.self = actual;
    const expected: typeof actual = { id: 1 };
    expected.self = expected;
    expect(differences(actual, expected)).toEqual([]);
    expect(differences(actual, { self: { self: { id: 2 } } })).toEqual(["self.self.id is 1 instead of 2"]);
  });

  const values = fc.object({ withDate: true, withMap: false, withSet: false, withBigInt: true, maxDepth: 4 });

  it("are none from any data to a copy of it, or to a part of that", () => {
    fc.assert(
      fc.property(values, fc.infiniteStream(fc.boolean()), (value, keep) => {
        expect(differences(value, structuredClone(value))).toEqual([]);
        expect(differences(value, partOf(structuredClone(value), keep))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("are some when any one value is another", () => {
    const changed = Symbol("changed");
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const places = placesIn(value);
        fc.pre(places.length > 0);
        const expected = structuredClone(value);
        const [first, ...rest] = places[at % places.length]!.reverse();
        const holder = rest
          .reverse()
          .reduce((inner, name) => inner[name] as Record<string, unknown>, expected);
        holder[first!] = changed;
        expect(differences(value, expected)).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});

/** Leaves properties out of plain objects. */
function partOf(value: unknown, keep: Iterator<boolean>): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => partOf(item, keep));
  const kept = Object.entries(value).filter(() => keep.next().value);
  return Object.fromEntries(kept.map(([name, item]) => [name, partOf(item, keep)]));
}

/** The paths of all values that contain no others. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null || value instanceof Date) return [[...path]];
  return Object.entries(value).flatMap(([name, item]) => placesIn(item, [...path, name]));
}
