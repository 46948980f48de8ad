import { InvalidError } from "@eventwire/core";
import { decodeJson, encodeJson, maxDepth } from "@eventwire/core/attach";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { decodeFrame } from "./frames.js";
import { eventsOf } from "./messages.js";
import { OutgoingEvent } from "./outgoing.js";
import { ShapeSet } from "./shape-set.js";
import { sharedShapes } from "./shape-table.js";

/** The data that comes out at the other end, sent as the events of one frame after the other. */
function startPair() {
  const binary = new Binary();
  const reader = new BinaryReader();
  const told = new Set<number>();
  const across = (...data: readonly unknown[]): readonly unknown[] => {
    const events = data.map((value, index) => {
      const event = new OutgoingEvent(
        {
          name: "a",
          key: undefined,
          delivery: "live",
          overflow: "drop-oldest",
          prefix: "p",
          number: index + 1,
          time: 5,
        },
        value,
      );
      event.encode(binary);
      return event;
    });
    for (const { shapes } of events)
      for (const number of shapes.numbers()) {
        if (!told.has(number)) reader.define(number, binary.table.names(number)!);
        told.add(number);
      }
    return decodeFrame(binary.frame(events), reader).flatMap((message) => {
      if (message instanceof InvalidError) throw message;
      return message[0] === "events" ? [...eventsOf(message)].map(([, , one]) => one) : [message[2]];
    });
  };
  return { across, binary, reader };
}

const utf8 = new TextEncoder();

const special: readonly unknown[] = [
  undefined,
  Number.NaN,
  -0,
  Infinity,
  -1,
  -33,
  -70_000,
  127,
  128,
  65_535,
  65_536,
  4_294_967_295,
  2 ** 53,
  1e-300,
  12n,
  -(10n ** 400n),
  new Date(5),
  new Date(Number.NaN),
  Uint8Array.of(0, 255),
  new Map<unknown, unknown>([
    [{ a: 1 }, new Set([1, "1"])],
    ["b", undefined],
  ]),
  new Set([new Map()]),
  { $: ["date", 5] },
  { toJSON: () => "json" },
  "é".repeat(100),
  "\ufeffmark",
  "half \ud83d of a pair",
  { "": 1, $: 2 },
  [[], {}, [undefined]],
  { nothing: undefined, something: null },
];

const anything = fc.anything({
  withDate: true,
  withMap: true,
  withSet: true,
  withBigInt: true,
  maxDepth: 5,
  key: fc.string().filter((key) => key !== "__proto__" && key !== "toJSON" && key !== "then"),
});

describe("MessagePack", () => {
  it.each(special.map((value) => [value]))("carries %s as JSON does", (value) => {
    const { across } = startPair();
    const viaJson = decodeJson(encodeJson([value], "a"));
    expect(across([value])).toEqual([viaJson]);
    // The second time its shapes are known.
    expect(across([value])).toEqual([viaJson]);
    expect(across([value], [value])).toEqual([viaJson, viaJson]);
  });

  it("carries whatever JSON does, as JSON does", () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 4 }), (values) => {
        const { across } = startPair();
        const viaJson = decodeJson(encodeJson(values, "a")) as unknown[];
        for (let time = 0; time < 3; time++) expect(across(...values)).toEqual(viaJson);
      }),
      { numRuns: 300 },
    );
  });

  it("tells the names of properties once", () => {
    const { binary } = startPair();
    const point = (x: number) => ({ longitude: x, latitude: 1, altitude: 2 });
    const sizes = [0.5, 1.5, 2.5].map((x) => binary.pack(point(x), "a").bytes.length);
    expect(sizes[0]).toBeGreaterThan(30);
    expect(sizes[2]).toBeLessThan(16);
  });

  it("numbers no shape that comes once, and no more than it may", () => {
    const { binary } = startPair();
    for (let id = 0; id < 10_000; id++)
      expect(binary.pack({ [`id${id}`]: id }, "a").shapes).toBe(ShapeSet.none);
    for (let id = 0; id < 1_000; id++)
      for (let time = 0; time < 2; time++) binary.pack({ [`name${id}`]: id }, "a");
    const { across } = startPair();
    const objects = Array.from({ length: 1_000 }, (_, id) => ({ [`name${id}`]: id }));
    for (let time = 0; time < 3; time++) expect(across(...objects)).toEqual(objects);
    expect([...binary.pack(objects, "a").shapes.numbers()].length).toBeLessThanOrEqual(sharedShapes.each);
  });

  it.each([
    ["a function", () => undefined],
    ["a symbol", Symbol("a")],
    ["a promise", Promise.resolve()],
    ["another view of bytes", new Float64Array(1)],
    ["a bigint of too many digits", 10n ** 5_000n],
  ])("refuses %s", (_, value) => {
    const { binary, across } = startPair();
    expect(() => binary.pack({ value }, "a")).toThrow(InvalidError);
    expect(across({ after: 1 })).toEqual([{ after: 1 }]);
  });

  it("nests as deep as JSON may, and no deeper", () => {
    const nested = (levels: number, wrap: (inner: unknown) => unknown) => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level++) value = wrap(value);
      return value;
    };
    for (const wrap of [
      (one: unknown) => [one],
      (one: unknown) => ({ one }),
      (one: unknown) => new Set([one]),
    ]) {
      const { across, binary } = startPair();
      expect(across(nested(maxDepth, wrap))).toEqual([nested(maxDepth, wrap)]);
      expect(() => binary.pack(nested(maxDepth + 1, wrap), "a")).toThrow(/nests deeper/);
    }
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(() => new Binary().pack(cyclic, "a")).toThrow(/holds itself/);
  });

  it("is as it would be alone where its data packs something else while it is read", () => {
    const binary = new Binary();
    const inner = { toJSON: () => binary.pack("within", "b") && "inner" };
    const { bytes } = binary.pack(["first", inner, "last"], "a");
    expect(bytes).toEqual(binary.pack(["first", "inner", "last"], "a").bytes);
  });
});

/** Bytes that no writer writes. */
const hostile: Readonly<Record<string, readonly number[]>> = {
  "an array longer than the frame": [0xdd, 0xff, 0xff, 0xff, 0xff],
  "a map longer than the frame": [0xdf, 0x7f, 0xff, 0xff, 0xff],
  "a text longer than the frame": [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61],
  "bytes longer than the frame": [0xc6, 0xff, 0xff, 0xff, 0xff],
  "an extension longer than the frame": [0xc9, 0xff, 0xff, 0xff, 0xff, 6],
  "half a number": [0xcb, 0, 0],
  "a type that is not used": [0xc1],
  "a shape that is not defined": [0x92, 0xd4, 1, 0, 1],
  "a Map of a key alone": [0x92, 0xd4, 4, 0, 1],
  "a property that is no text": [0x81, 1, 1],
  "a bigint that is no number": [0xc8, 0, 1, 3, 0x78],
  "a date of one byte": [0xd4, 2, 1],
  "a text that is no UTF-8": [0xa1, 0xff],
  "JSON that is none": [0xc9, 0, 0, 0, 1, 6, 0x5b],
  "JSON that is no UTF-8": [0xc9, 0, 0, 0, 1, 6, 0xff],
};

describe("reading MessagePack", () => {
  it.each(Object.entries(hostile))("refuses %s", (_, bytes) => {
    expect(() => decodeFrame(Uint8Array.from(bytes), new BinaryReader())).toThrow(InvalidError);
  });

  it.each([
    ["arrays", 0x91],
    ["maps", 0x81],
  ])("stops at the depth of %s while it reads", (_, head) => {
    const bytes = new Uint8Array(1_000_000).fill(head);
    expect(() => decodeFrame(bytes, new BinaryReader())).toThrow(/nests deeper|no text/);
  });

  it("gives bytes as a Uint8Array of their own, whatever the frame is", () => {
    class Subclass extends Uint8Array {}
    const reader = new BinaryReader();
    const frame = Subclass.from([0xc6, 0, 0, 0, 2, 7, 8]);
    reader.open(frame);
    const bytes = reader.next(0) as Uint8Array;
    frame.fill(0);
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect([...bytes]).toEqual([7, 8]);
    expect(bytes.buffer.byteLength).toBe(2);
  });

  it.each([undefined, 12n, Number.NaN, -0, new Date(5), Uint8Array.of(1)])(
    "counts what JSON would tag as a level, as JSON does: %s",
    (value) => {
      const within = (levels: number, inner: Uint8Array) =>
        Uint8Array.of(
          ...[0x94, 0xa5, ...utf8.encode("event"), 0xa1, 0x61],
          ...Array(levels).fill(0x91),
          ...inner,
          0xa1,
          0x69,
        );
      const nested = (levels: number) => Array.from({ length: levels }).reduce((inner) => [inner], value);
      const inner = new Binary().pack(value, "a").bytes;
      expect(encodeJson(nested(maxDepth - 1), "a")).toBeDefined();
      expect(() => new Binary().pack(nested(maxDepth - 1), "a")).not.toThrow();
      expect(() => decodeFrame(within(maxDepth - 1, inner), new BinaryReader())).not.toThrow();
      expect(() => encodeJson(nested(maxDepth), "a")).toThrow(/nests deeper/);
      expect(() => new Binary().pack(nested(maxDepth), "a")).toThrow(/nests deeper/);
      expect(() => decodeFrame(within(maxDepth, inner), new BinaryReader())).toThrow(/nests deeper/);
    },
  );

  it("counts the depth of JSON from where it stands, however its length is written", () => {
    const json = (levels: number) => [...new TextEncoder().encode("[".repeat(levels) + "]".repeat(levels))];
    const read = (levels: number, head: (length: number) => readonly number[]) => {
      const text = json(levels);
      const around = Array.from({ length: 1 + maxDepth / 2 }, () => 0x91);
      return decodeFrame(Uint8Array.from([...around, ...head(text.length), 6, ...text]), new BinaryReader());
    };
    for (const head of [(length: number) => [0xc8, 0, length], (length: number) => [0xc9, 0, 0, 0, length]]) {
      expect(read(maxDepth / 2, head)).toHaveLength(1);
      expect(() => read(maxDepth / 2 + 1, head)).toThrow(/nests deeper/);
    }
  });

  it("drops what would change a prototype, and takes no such shape", () => {
    const text = (value: string) => [0xa0 | value.length, ...new TextEncoder().encode(value)];
    const bytes = [
      0x94,
      ...text("event"),
      ...text("a"),
      0x81,
      ...text("__proto__"),
      0x81,
      ...text("x"),
      1,
      ...text("id"),
    ];
    const [message] = decodeFrame(Uint8Array.from(bytes), new BinaryReader());
    expect((message as readonly unknown[])[2]).toEqual({});
    const shape = [0x93, ...text("shape"), 0, 0x91, ...text("__proto__")];
    expect(decodeFrame(Uint8Array.from(shape), new BinaryReader())[0]).toBeInstanceOf(InvalidError);
  });

  it("takes shapes in any order, each once, of the numbers that there are", () => {
    const reader = new BinaryReader();
    const told = (number: number, ...names: readonly string[]) =>
      decodeFrame(JSON.stringify([["shape", number, names]]), reader);
    expect(told(255, "b")).toEqual([]);
    expect(told(0, "a")).toEqual([]);
    expect(() => told(255, "c")).toThrow(/the shape 255 was told before/);
    expect(told(256, "d")[0]).toBeInstanceOf(InvalidError);
    const data = [0x92, 0x92, 0xd4, 1, 255, 7, 0x92, 0xd4, 1, 0, 8];
    const answer = Uint8Array.from([0x93, 0xa6, ...utf8.encode("answer"), 1, ...data]);
    expect(decodeFrame(answer, reader)).toEqual([["answer", 1, [{ b: 7 }, { a: 8 }]]]);
  });

  it("names the shapes that bytes have, and no others", () => {
    const binary = new Binary();
    const numbers = (value: unknown) => [...binary.pack(value, "a").shapes.numbers()];
    for (let time = 0; time < 2; time++) for (const name of ["a", "b", "c"]) numbers({ [name]: time });
    expect(numbers({ b: 1 })).toEqual([1]);
    expect(numbers([{ c: { a: 1 } }, { c: 2 }, { once: 1 }])).toEqual([0, 2]);
    expect(() => binary.pack([{ a: 1 }, () => undefined], "a")).toThrow(InvalidError);
    expect(numbers("text")).toEqual([]);
  });

  it("keeps no more names than a peer may define, and defines no more itself", () => {
    const long = (number: number) => `${number}`.padStart(60, "x");
    const reader = new BinaryReader();
    const shape = Array.from({ length: 64 }, (_, index) => long(index));
    expect(() => {
      for (let number = 0; number < 100; number++) reader.define(number, shape);
    }).toThrow(/too long together/);
    const { across } = startPair();
    const objects = Array.from({ length: 100 }, (_, number) =>
      Object.fromEntries(shape.map((key) => [`${key.slice(3)}${number}`, number])),
    );
    for (let time = 0; time < 3; time++) expect(across(...objects)).toEqual(objects);
    const wide = { ["y".repeat(65)]: 1 };
    for (let time = 0; time < 3; time++) expect(across(wide)).toEqual([wide]);
    expect(new Binary().pack(wide, "a").shapes).toBe(ShapeSet.none);
  });

  it("never throws anything else, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeFrame(bytes, new BinaryReader());
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
