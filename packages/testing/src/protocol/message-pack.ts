import { expect } from "vitest";
import { array, event, float, json, type Packed, text } from "./packing.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard, refusal, type WelcomeOptions } from "./stage.js";

export const packs: WelcomeOptions = { codecs: ["messagepack"] };
const letters = (count: number) => Array.from({ length: count }, () => 0x61);
const nulls = (count: number) => Array.from({ length: count }, () => 0xc0);
const many = (count: number) => Array.from({ length: count }, () => null);
const properties = (count: number): Packed =>
  Array.from({ length: count }, (_, at) => [...text(`p${at}`), at]).flat();
const propertiesOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, at]));

/** Each head of the table, and each extension, with what it says. */
export const heads: readonly (readonly [what: string, packed: Packed, value: unknown])[] = [
  ["c0 is null", [0xc0], null],
  ["c2 is false", [0xc2], false],
  ["c3 is true", [0xc3], true],
  ["a fixint of 7 bits is an integer", [0x7f], 127],
  ["a negative fixint is an integer", [0xe0], -32],
  ["cc is an integer of 8 bits", [0xcc, 0xff], 255],
  ["cd is an integer of 16 bits", [0xcd, 0xff, 0xfe], 65_534],
  ["ce is an integer of 32 bits", [0xce, 0xff, 0xff, 0xff, 0xfe], 4_294_967_294],
  ["d2 is an integer of 32 bits with its sign", [0xd2, 0x80, 0, 0, 0], -2_147_483_648],
  ["cb is a float of 64 bits", float(1.5), 1.5],
  [
    "cb is also NaN, the infinities and -0",
    array(...[Number.NaN, Infinity, -Infinity, -0].map(float)),
    [
      { $: ["number", "NaN"] },
      { $: ["number", "Infinity"] },
      { $: ["number", "-Infinity"] },
      { $: ["number", "-0"] },
    ],
  ],
  ["a fixstr is a text", text("é🎈"), "é🎈"],
  ["db is a text with a length of 32 bits", [0xdb, 0, 0, 1, 0, ...letters(256)], "a".repeat(256)],
  ["c6 is bytes with a length of 32 bits", [0xc6, 0, 0, 0, 3, 1, 2, 3], { $: ["bytes", "AQID"] }],
  ["a fixarray is an array", [0x92, 1, 0x90], [1, []]],
  ["dc is an array with a length of 16 bits", [0xdc, 0, 17, ...nulls(17)], many(17)],
  ["dd is an array with a length of 32 bits", [0xdd, 0, 0, 0, 17, ...nulls(17)], many(17)],
  ["a fixmap is an object", [0x82, ...properties(2)], propertiesOf(2)],
  ["de is an object with a length of 16 bits", [0xde, 0, 17, ...properties(17)], propertiesOf(17)],
  ["df is an object with a length of 32 bits", [0xdf, 0, 0, 0, 17, ...properties(17)], propertiesOf(17)],
  ["extension 0 is undefined", [0xd4, 0, 0], { $: ["undefined"] }],
  ["extension 2 is a Date", [0xd7, 2, ...float(978336000000).slice(1)], { $: ["date", 978336000000] }],
  [
    "extension 2 of NaN is an invalid Date",
    [0xd7, 2, ...float(Number.NaN).slice(1)],
    { $: ["date", { $: ["number", "NaN"] }] },
  ],
  ["extension 3 is a bigint", [0xc8, 0, 3, 3, 0x2d, 0x31, 0x32], { $: ["bigint", "-12"] }],
  [
    "extension 3 has up to 4,096 characters",
    [0xc8, 0x10, 0, 3, ...Array.from({ length: 4_096 }, () => 0x39)],
    { $: ["bigint", "9".repeat(4_096)] },
  ],
  [
    "extension 4 is a Map",
    [0x95, 0xd4, 4, 0, ...text("a"), 1, 2, 0xc0],
    {
      $: [
        "map",
        [
          ["a", 1],
          [2, null],
        ],
      ],
    },
  ],
  ["extension 5 is a Set", [0x93, 0xd4, 5, 0, 1, 2], { $: ["set", [1, 2]] }],
  [
    "extension 6 is any value as its JSON",
    json('{"a":[{"$":["date",5]},"\\ud800"]}'),
    { a: [{ $: ["date", 5] }, "\ud800"] },
  ],
  ["an object whose only property is $ is data", [0x81, ...text("$"), 1], { $: ["$", 1] }],
];

/** What is not in the table, or not right. */
const refused: readonly (readonly [what: string, packed: Packed])[] = [
  ...[0xc1, 0xc4, 0xc5, 0xc7, 0xca, 0xcf, 0xd0, 0xd1, 0xd3, 0xd5, 0xd6, 0xd8, 0xd9, 0xda].map(
    (head) => [`the head ${head.toString(16)}`, [head, 1, 0, 0, 0, 0, 0, 0, 0, 0]] as const,
  ),
  ["a length beyond the bytes that are there, of a text", [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
  ["a length beyond the bytes that are there, of bytes", [0xc6, 0x7f, 0xff, 0xff, 0xff, 1]],
  ["a length beyond the bytes that are there, of an array", [0xdd, 0xff, 0xff, 0xff, 0xff, 1]],
  ["a length beyond the bytes that are there, of an object", [0xdf, 0xff, 0xff, 0xff, 0xff, ...text("a"), 1]],
  ["a length beyond the bytes that are there, of an extension", [0xc9, 0xff, 0xff, 0xff, 0xff, 6, 0x31]],
  ["a length beyond the bytes that are there, of a Set", [0xdd, 0, 1, 0, 0, 0xd4, 5, 0, 1]],
  ["text that is no UTF-8", [0xa2, 0xc3, 0x28]],
  ["a property that is no text", [0x81, 1, 1]],
  ["a property that is bytes", [0x81, 0xc6, 0, 0, 0, 1, 0x61, 1]],
  ["a Map with a key without a value", [0x92, 0xd4, 4, 0, 1]],
  ["extension 0 of more than a byte", [0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ["extension 1 outside of the beginning of an array", [0xd4, 1, 0]],
  ["extension 2 of another length", [0xd4, 2, 0]],
  ["extension 3 of other characters", [0xc8, 0, 3, 3, 0x31, 0x65, 0x39]],
  ["extension 3 without a character", [0xc8, 0, 0, 3]],
  ["extension 3 of 4,097 characters", [0xc8, 0x10, 1, 3, ...Array.from({ length: 4_097 }, () => 0x39)]],
  ["extension 4 outside of the beginning of an array", [0xd4, 4, 0]],
  ["extension 6 that is no JSON", json("[1")],
  ["extension 6 with a malformed tag", json('{"$":["what"]}')],
  ["an extension that is not in the table", [0xd4, 7, 0]],
];

/** The levels that data nests by, in bytes. */
const nested: Readonly<Record<string, (levels: number) => Packed>> = {
  arrays: (levels) => [...around(levels - 1, [0x91]), 0x90],
  objects: (levels) => [...around(levels - 1, [0x81, ...text("a")]), 0x80],
  Sets: (levels) => [...around(levels - 1, [0x92, 0xd4, 5, 0]), 0x91, 0xd4, 5, 0],
  Maps: (levels) => [...around(levels / 2, [0x93, 0xd4, 4, 0, 1]), 1],
  "JSON within bytes": (levels) => [
    ...around(60, [0x91]),
    ...json(`${"[".repeat(levels - 60)}${"]".repeat(levels - 60)}`),
  ],
  "arrays around what text would tag": (levels) => [...around(levels - 1, [0x91]), 0xc8, 0, 1, 3, 0x31],
};

function around(levels: number, head: Packed): Packed {
  return Array.from({ length: levels }, () => head).flat();
}

/** The other form of the same values. */
export const messagePack: ProtocolChapter = (declare, { messagepack }) => {
  if (!messagepack) return;

  for (const [what, packed, value] of heads) {
    declare(what, async (stage) => {
      const peer = await stage.welcomed(packs);
      const other = await stage.listening("value.changed");
      peer.pack(event(packed));
      await other.tells(heard("value.changed", value));
    });
  }

  for (const [what, packed] of refused) {
    declare(`${what} is refused with its frame`, async (stage) => {
      const peer = await stage.welcomed(packs);
      const other = await stage.listening("value.changed");
      peer.pack(event(packed), array(text("listen"), [1], text("note.added")));
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }

  declare("a frame that ends too early is refused, wherever it does", async (stage) => {
    await stage.serve({ refusals: Infinity });
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    const whole = Uint8Array.from(
      event([0x82, ...text("a"), ...float(1.5), ...text("b"), 0xc8, 0, 1, 3, 0x31]),
    );
    for (let end = 1; end < whole.length; end++) peer.sayRaw(whole.slice(0, end));
    await peer.tells(...Array.from({ length: whole.length - 1 }, () => refusal("Invalid")));
    await peer.tellsNothing();
    await other.tellsNothing();
  });

  declare("a __proto__ of an object is dropped", async (stage) => {
    const peer = await stage.welcomed(packs);
    const input: Packed = [0x82, ...text("__proto__"), 0x81, ...text("x"), 1, ...text("a"), 1];
    peer.pack(array(text("request"), [1], text("value.echo"), [0xcd, 0x13, 0x88], input));
    const answer = await peer.next();
    expect(JSON.stringify(answer)).toBe('["answer",1,{"a":1}]');
  });

  declare("a frame of bytes is one message after the other, and nothing around them", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.pack(
      array(text("listen"), [1], text("note.added")),
      array(text("listen"), [2], text("word.said"), text("a")),
    );
    await peer.tells(["listening", 1], ["listening", 2]);
    peer.pack(array(array(text("listen"), [3], text("number.counted"))));
    await peer.tells(refusal("Invalid"));
    await peer.tellsNothing();
  });

  declare("a frame of bytes holds up to 1,000 messages", async (stage) => {
    const peer = await stage.welcomed(packs);
    const idle = array(text("unlisten"), [7]);
    peer.pack(...Array.from({ length: 999 }, () => idle), array(text("listen"), [1], text("note.added")));
    await peer.tells(["listening", 1]);
    peer.pack(...Array.from({ length: 1_000 }, () => idle), array(text("listen"), [2], text("note.added")));
    await peer.tells(refusal("Invalid"));
    await peer.tellsNothing();
  });

  declare(
    "messages of a wrong shape in bytes are refused together, once, and the others count",
    async (stage) => {
      const peer = await stage.welcomed(packs);
      peer.pack(
        [1],
        array(text("listen"), [1], text("note.added")),
        text("listen"),
        array(text("sync"), float(1.5)),
      );
      const answers = await peer.hears();
      expect(answers).toHaveLength(2);
      expect(answers).toEqual(expect.arrayContaining([["listening", 1], refusal("Invalid")]));
    },
  );

  declare("a message may be JSON as a whole, or in part", async (stage) => {
    const peer = await stage.welcomed(packs);
    const other = await stage.listening("value.changed");
    peer.pack(
      json('["event","value.changed",{"$":["set",[1]]},"id"]'),
      array(text("event"), json('"value.changed"'), array(json("[1]"), [2]), text("id")),
      array(text("events"), text("value.changed"), text("k"), [0xc0], [1], json('"a"'), [1], text("b")),
    );
    await other.tells(
      heard("value.changed", { $: ["set", [1]] }),
      heard("value.changed", [[1], 2]),
      heard("value.changed", "a"),
      heard("value.changed", "b"),
    );
  });

  for (const [what, of] of Object.entries(nested)) {
    declare(`${what}: data of 64 levels is taken in bytes, and of more refused`, async (stage) => {
      const peer = await stage.welcomed(packs);
      const other = await stage.listening("value.changed");
      peer.pack(event(of(64)));
      await peer.tellsNothing();
      expect(await other.next()).toEqual(heard("value.changed", expect.anything()));
      peer.pack(event(of(66)));
      await peer.tells(refusal("Invalid"));
      if (what !== "Maps") {
        peer.pack(event(of(65)));
        await peer.tells(refusal("Invalid"));
      }
      await other.tellsNothing();
    });
  }

  declare("a number may be written as a float, and has the same bounds", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.pack(array(text("listen"), float(2 ** 53 - 1), text("note.added")));
    await peer.tells(["listening", 2 ** 53 - 1]);
    for (const ref of [-1, 1.5, 2 ** 53, Number.NaN, Infinity]) {
      peer.pack(array(text("sync"), float(ref)));
      await peer.tells(refusal("Invalid"));
    }
  });

  declare("an event in bytes is refused by its own id", async (stage) => {
    const peer = await stage.welcomed(packs);
    peer.pack(array(text("event"), text("note.added"), [7], text("mine")));
    await peer.tells(["refused", "mine", "note.added", failure("Invalid")]);
  });
};
