import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "./utf8.js";

const encoder = new TextEncoder();

describe("utf8Bytes", () => {
  it("counts what the platform makes of any well-formed text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(utf8Bytes(text)).toBe(encoder.encode(text).length);
      }),
    );
  });

  it.each([8_190, 8_191, 8_192, 8_193, 16_384, 20_000])(
    "counts a text of %i letters, and one character beyond ASCII wherever in it",
    (length) => {
      const text = "a".repeat(length);
      expect(utf8Bytes(text)).toBe(length);
      for (const character of ["é", "語", "😀"])
        for (const at of [0, 8_190, 8_191, 8_192, length]) {
          const mixed = text.slice(0, at) + character + text.slice(at);
          expect(utf8Bytes(mixed)).toBe(encoder.encode(mixed).length);
        }
    },
  );

  it("counts two for half of a pair of surrogates, so that a pair which is cut in two counts as a whole one", () => {
    expect(utf8Bytes("😀".slice(0, 1)) + utf8Bytes("😀".slice(1))).toBe(4);
  });
});
