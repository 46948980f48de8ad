import { describe, expect, it } from "vitest";
import { encodeFrame, head, readFrames } from "./frames.js";

const values = [{ begin: "ä" }, ["x".repeat(40)], { end: [1, 2, 3], text: "\u0000\n" }];
const frames = values.map(encodeFrame);
const whole = Buffer.concat([head(), ...frames]);
const ends = frames.map((_, index) => Buffer.concat([head(), ...frames.slice(0, index + 1)]).length);

describe("What stands in a file", () => {
  it("is read as it was written", () => {
    expect(readFrames("f", whole)).toEqual({ values, end: whole.length });
  });

  it("is read up to the last whole frame, wherever it was cut", () => {
    for (let length = 0; length < whole.length; length++) {
      const kept = ends.filter((end) => end <= length).length;
      const end = length < head().length ? 0 : (ends[kept - 1] ?? head().length);
      expect(readFrames("f", whole.subarray(0, length)), `cut at ${length}`).toEqual({
        values: values.slice(0, kept),
        end,
      });
    }
  });

  it.each([
    ["zeros", Buffer.alloc(5_000)],
    ["what was never written whole", Buffer.concat([frames[1]!.subarray(0, 20), Buffer.alloc(100, 7)])],
    ["the marks of frames", Buffer.concat(Array.from({ length: 50 }, () => frames[0]!.subarray(0, 4)))],
  ])("is read up to %s behind it", (_, rest) => {
    expect(readFrames("f", Buffer.concat([whole, rest]))).toEqual({ values, end: whole.length });
  });

  it("is known to be damaged where any byte before the last frame is not what was written", () => {
    for (let at = head().length; at < ends[1]!; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x10;
      expect(() => readFrames("f", bytes), `byte ${at}`).toThrow(/"f" is damaged from byte \d+ to \d+/);
    }
  });

  it("is left alone where it is another program's, or a newer version's", () => {
    const foreign = { code: "Unavailable", reason: "Foreign", retryable: false };
    for (const text of [
      "SQLite format 3\u0000",
      "eventwire",
      "eventwire outbox",
      "eventwire outbox x\n",
      "\n",
    ]) {
      const bytes = Buffer.from(text.padEnd(100, " "));
      expect(() => readFrames("f", bytes)).toThrow(expect.objectContaining(foreign));
    }
    const newer = { code: "Unavailable", reason: "Newer", message: expect.stringContaining("update") };
    expect(() => readFrames("f", Buffer.from("eventwire outbox 2\nanything"))).toThrow(
      expect.objectContaining(newer),
    );
  });

  it("is looked through once, however many beginnings of frames are behind it", () => {
    const { length } = whole;
    const rest = Buffer.alloc(12 * 100_000);
    for (let at = 0; at < rest.length; at += 12) {
      frames[0]!.copy(rest, at, 0, 4);
      rest.writeUInt32BE(rest.length - at - 12, at + 4);
    }
    const began = performance.now();
    expect(readFrames("f", Buffer.concat([whole, rest])).end).toBe(length);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
