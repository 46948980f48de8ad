import { decodeJson, encodeJson } from "@eventwire/core/attach";
import fc from "fast-check";
import { expect, it } from "vitest";
import { plainJson } from "./plain-json.js";

const overSocketIo = (value: unknown): unknown => JSON.parse(JSON.stringify([plainJson(value)]))[0];

it("leaves what is JSON as it is, on whatever way it came", () => {
  // A name that is dropped wherever it comes over a link.
  const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"));
  fc.assert(
    fc.property(json, (value) => {
      expect(overSocketIo(decodeJson(encodeJson(value, "x")))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it("makes JSON of whatever can cross a link", () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true });
  fc.assert(
    fc.property(anything, (value) => {
      let text: string;
      try {
        text = encodeJson(value, "x");
      } catch {
        return fc.pre(false);
      }
      expect(() => overSocketIo(decodeJson(text))).not.toThrow();
    }),
  );
});

it("gives what JSON lacks the nearest that it has", () => {
  expect(overSocketIo(new Date(0))).toBe("1970-01-01T00:00:00.000Z");
  expect(overSocketIo(new Date(Number.NaN))).toBeNull();
  expect(overSocketIo(-12n)).toBe("-12");
  expect(overSocketIo(new Map<unknown, unknown>([[1n, new Set([undefined])]]))).toEqual([["1", [null]]]);
  expect(overSocketIo([Number.NaN, Number.NEGATIVE_INFINITY])).toEqual([null, null]);
  expect(overSocketIo({ there: 1, missing: undefined })).toEqual({ there: 1 });
});

it("leaves bytes to Socket.IO", () => {
  const bytes = new Uint8Array([1, 2]);
  expect(plainJson({ list: [bytes] })).toEqual({ list: [bytes] });
  expect((plainJson([bytes]) as unknown[])[0]).toBe(bytes);
});

it("leaves out what a client would take for the place of bytes", () => {
  expect(plainJson({ evil: { _placeholder: true, num: 99 }, fine: { _placeholder: "x" } })).toEqual({
    evil: { num: 99 },
    fine: { _placeholder: "x" },
  });
});
