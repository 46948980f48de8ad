import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, refusal } from "./stage.js";

/** Values that are taken, and told again, as they stand. */
export const kept: Readonly<Record<string, unknown>> = {
  "null, texts, numbers and booleans": [null, "", "é🎈\u0000", 0, -1, 1.5, 1e300, 2 ** 53, true, false],
  "undefined as the whole": { $: ["undefined"] },
  "undefined as an item": [{ $: ["undefined"] }, 1],
  NaN: { $: ["number", "NaN"] },
  Infinity: { $: ["number", "Infinity"] },
  "-Infinity": { $: ["number", "-Infinity"] },
  "-0": { $: ["number", "-0"] },
  "a bigint": { $: ["bigint", "-12"] },
  "a bigint of 4,096 characters": { $: ["bigint", `-${"9".repeat(4_095)}`] },
  "a Date": { $: ["date", 978336000000] },
  "an invalid Date": { $: ["date", { $: ["number", "NaN"] }] },
  bytes: { $: ["bytes", "AQID"] },
  "no bytes": { $: ["bytes", ""] },
  "a Map": {
    $: [
      "map",
      [
        ["a", 1],
        [{ $: ["date", 5] }, { $: ["set", []] }],
      ],
    ],
  },
  "a Set": { $: ["set", [1, { $: ["bigint", "7"] }]] },
  "an object whose only property is $": { $: ["$", [1]] },
  "an object with $ and another property": { $: ["date", 5], a: 1 },
  "objects in arrays in objects": { a: [{ b: { c: [] } }, {}], constructor: 1, toString: null },
};

/** Tags that are none. */
const malformed: Readonly<Record<string, string>> = {
  "of an unknown name": '{"$":["what",1]}',
  "of a name that every object has": '{"$":["constructor",1]}',
  "that is no array": '{"$":1}',
  "that is empty": '{"$":[]}',
  "of a number that is none of the four": '{"$":["number","1"]}',
  "of a bigint with other characters": '{"$":["bigint","1e9"]}',
  "of a bigint of 4,097 characters": `{"$":["bigint","${"9".repeat(4_097)}"]}`,
  "of a Date that is no number": '{"$":["date","soon"]}',
  "of bytes that are not base64": '{"$":["bytes","%%"]}',
  "of a Map whose pairs are none": '{"$":["map",[["a"]]]}',
  "of a Set that is no array": '{"$":["set",{}]}',
};

const nested: Readonly<Record<string, (levels: number) => string>> = {
  arrays: (levels) => `${"[".repeat(levels)}${"]".repeat(levels)}`,
  objects: (levels) => `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`,
  "objects named $": (levels) => `${'{"$":["$",'.repeat(levels - 1)}[]${"]}".repeat(levels - 1)}`,
  Sets: (levels) => `${'{"$":["set",['.repeat(levels)}${"]]}".repeat(levels)}`,
  // A pair takes a level as its Map does.
  Maps: (levels) => `${'{"$":["map",[[1,'.repeat(levels / 2)}1${"]]]}".repeat(levels / 2)}`,
  "arrays around what is tagged": (levels) =>
    `${"[".repeat(levels - 1)}{"$":["bigint","1"]}${"]".repeat(levels - 1)}`,
};

/** How data is written in text. */
export const values: ProtocolChapter = (declare) => {
  for (const [what, value] of Object.entries(kept)) {
    declare(`${what}: taken as it is written, and written so`, async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("value.changed");
      peer.say(["event", "value.changed", value, "id"], ["request", 1, "value.echo", 5_000, value]);
      await other.tells(heard("value.changed", value));
      await peer.tells(["answer", 1, value]);
    });
  }

  declare("a property whose value is undefined is left out", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["request", 1, "value.echo", 5_000, { a: { $: ["undefined"] }, b: 1 }]);
    await peer.tells(["answer", 1, { b: 1 }]);
  });

  for (const [what, tag] of Object.entries(malformed)) {
    declare(`a tag ${what} is refused with its frame`, async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("value.changed");
      peer.sayRaw(`[["event","value.changed",${tag},"id"],["listen",1,"note.added"]]`);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }

  declare("__proto__ properties are dropped, however they are escaped", async (stage) => {
    const peer = await stage.welcomed();
    peer.sayRaw(
      String.raw`[["request",1,"value.echo",5000,[{"__proto__":{"x":1},"a":1},{"\u005f_proto__":2,"b":{"__pro\u0074o__":3}}]]]`,
    );
    const answer = await peer.next();
    expect(answer.slice(0, 2)).toEqual(["answer", 1]);
    expect(JSON.stringify(answer[2])).toBe('[{"a":1},{"b":{}}]');
  });

  for (const [what, of] of Object.entries(nested)) {
    declare(`${what}: data of 64 levels is taken, and of more refused`, async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("value.changed");
      peer.sayRaw(`[["event","value.changed",${of(64)},"id"]]`);
      await other.tells(heard("value.changed", JSON.parse(of(64))));
      await peer.tellsNothing();
      peer.sayRaw(`[["event","value.changed",${of(66)},"id"]]`);
      await peer.tells(refusal("Invalid"));
      if (what !== "Maps") {
        peer.sayRaw(`[["event","value.changed",${of(65)},"id"]]`);
        await peer.tells(refusal("Invalid"));
      }
      await other.tellsNothing();
    });
  }
};
