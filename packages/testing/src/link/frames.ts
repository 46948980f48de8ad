import { expect } from "vitest";
import { eachWay } from "./each-way.js";
import { differenceOf, expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import { copyOf, type Frame } from "./link-end.js";
import type { LinkAbilities } from "./link-harness.js";

/** That what arrives is what was sent: each frame once, in order, unchanged. */
export const frames: LinkChapter = (declare, { binary, loneSurrogates }) => {
  eachWay(({ title, ends }) => {
    const exchange = (name: string, sent: () => readonly Frame[]) =>
      declare(`${name}, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        from.send(...sent());
        await stage.receives(to, sent());
      });

    exchange("frames arrive in order, each of them once", () => numbered(100));
    exchange("frames of the same content are frames of their own", () => ["a", "a", "", "", "a"]);
    exchange("an empty text arrives", () => ["before", "", "after"]);
    exchange("text of every character of Unicode arrives unchanged", everyCharacter);
    exchange("text that transports and parsers trip over arrives unchanged", () => awkward);
    if (binary) {
      exchange("bytes of every value arrive unchanged", () => [everyByte(), everyByte().reverse()]);
      exchange("no bytes arrive as no bytes", () => ["before", new Uint8Array(), "after"]);
      exchange("text and bytes keep their order among each other", () =>
        Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? Uint8Array.of(index) : `${index}`)),
      );
    }
    if (loneSurrogates) exchange("half a surrogate pair arrives as it was", () => halves);

    if (!loneSurrogates) {
      declare(`half a surrogate pair does not arrive as it was, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        from.send(...halves, "after");
        await stage.eventually(() => expect(to.closed || to.frames.includes("after")).toBe(true));
        expect(differenceOf(to.frames, [...halves, "after"])).toBeDefined();
      });
    }
    if (!binary) {
      declare(`bytes do not arrive as they were, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        expect(() => {
          from.send(everyByte(), "after");
        }).not.toThrow();
        await stage.eventually(() => expect(to.closed || to.frames.includes("after")).toBe(true));
        expect(differenceOf(to.frames, [everyByte(), "after"])).toBeDefined();
      });
    } else {
      declare(`a view arrives as what it shows of its buffer, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        const whole = everyByte();
        from.send(whole.subarray(100, 110), whole.subarray(255), whole.subarray(7, 7));
        await stage.receives(to, [whole.slice(100, 110), Uint8Array.of(255), new Uint8Array()]);
      });

      declare(`sending does not change the bytes that are sent, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        const bytes = everyByte();
        from.send(bytes, bytes.subarray(8));
        await stage.receives(to, [everyByte(), everyByte().subarray(8)]);
        expectFrames([bytes], [everyByte()]);
      });

      declare(`bytes that have arrived stay what they are, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        const sent = Array.from({ length: 200 }, (_, index) => new Uint8Array(500).fill(index));
        from.send(...sent);
        await stage.receives(to, sent);
        expectFrames(to.kept.map(copyOf), sent);
      });
    }

    for (const [kind, fill] of Object.entries(fillings({ binary }))) {
      declare(`a frame of the largest size arrives, of ${kind}, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        const largest = fill(Math.min(from.link.facts.maxFrameBytes, to.link.facts.maxFrameBytes));
        from.send(largest, "after");
        await stage.receives(to, [largest, "after"]);
      });
    }

    declare(`a frame over the largest size arrives whole or ends the link, ${title}`, async (stage) => {
      const pair = await stage.connect();
      const { from, to } = ends(pair);
      const sent = ["before", "x".repeat(from.link.facts.maxFrameBytes * 3), "after"];
      from.send(...sent);
      await stage.eventually(() => expect(to.closed || to.frames.length === sent.length).toBe(true));
      expectFrames(to.frames, to.closed ? sent.slice(0, to.frames.length) : sent);
      if (to.closed) await stage.closes(from);
    });
  });
};

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `frame ${index}`);
}

/** All but the surrogates, some thousand in a frame. */
function everyCharacter(): readonly string[] {
  const texts: string[] = [];
  for (let from = 0; from <= 0x10ffff; from += 4_096) {
    if (from >= 0xd800 && from <= 0xdfff) continue;
    const codes = Array.from({ length: 4_096 }, (_, index) => from + index);
    texts.push(String.fromCodePoint(...codes.filter((code) => code < 0xd800 || code > 0xdfff)));
  }
  return texts;
}

const awkward: readonly string[] = [
  "\ufeffbegins with a byte order mark",
  "\u0000 ends with nothing \u0000",
  "both \u2028 line \u2029 separators",
  "e\u0301 is not normalised to \u00e9",
  " spaces around \r\n",
  '"quoted" \\back\\slashes\\',
  '42["not a packet",{"_placeholder":true,"num":0}]',
  "null",
];

const halves: readonly string[] = ["\ud83d!", "!\ude00", "\ude00\ud83d"];

function everyByte(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 256 }, (_, index) => index);
}

/** Frames of a size in bytes, of what transports write in different lengths. */
function fillings({
  binary,
}: Pick<LinkAbilities, "binary">): Readonly<Record<string, (bytes: number) => Frame>> {
  return {
    letters: (bytes) => "x".repeat(bytes),
    "quotes and backslashes": (bytes) => '"\\'.repeat(bytes / 2),
    "characters of three bytes": (bytes) => "名".repeat(bytes / 3),
    "characters of four bytes": (bytes) => "😀".repeat(bytes / 4),
    ...(binary && { bytes: (bytes: number) => new Uint8Array(bytes).fill(0xff) }),
  };
}
