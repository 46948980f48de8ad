import type { CloseReason } from "@eventwire/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientCloseFrame, reasonOf, serverCloseFrame } from "./close-codes.js";

const closed = (code: string, retryable: boolean): CloseReason => ({ code, message: "Why.", retryable });

describe("a server's reason", () => {
  it.each([
    ["Closed", true, 1001],
    ["Closed", false, 1000],
    ["Denied", false, 1008],
    ["Protocol", false, 1008],
    ["Disconnected", false, 1008],
    ["Slow", true, 1013],
    ["Unavailable", true, 1013],
    ["Internal", true, 1011],
  ])("%s, retryable %s, closes with %i", (code, retryable, expected) => {
    expect(serverCloseFrame(closed(code, retryable))).toEqual({ code: expected, text: `${code}: Why.` });
  });
});

it("closes for a client with codes that a page may use", () => {
  for (const retryable of [true, false]) {
    const { code } = clientCloseFrame(closed("Lost", retryable));
    expect(code === 1000 || (code >= 3000 && code <= 4999), `${code}`).toBe(true);
  }
});

const reasons = fc.record({
  code: fc.stringMatching(/^[A-Z][A-Za-z]{0,30}$/),
  message: fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" }),
  retryable: fc.boolean(),
});

it.each([
  ["a server", serverCloseFrame],
  ["a client", clientCloseFrame],
])(
  "says for %s, in what a close frame takes, the code, whether to come again, and as much as fits of why",
  (_, frameOf) => {
    fc.assert(
      fc.property(reasons, (reason) => {
        const frame = frameOf(reason);
        const bytes = new TextEncoder().encode(frame.text);
        expect(bytes.byteLength).toBeLessThanOrEqual(123);
        // In whole characters, so that the other side reads the very same text.
        expect(new TextDecoder().decode(bytes)).toBe(frame.text);
        const { code, message, retryable } = reasonOf(frame);
        expect({ code, retryable }).toEqual({ code: reason.code, retryable: reason.retryable });
        expect(reason.message.startsWith(message)).toBe(true);
      }),
    );
  },
);

describe("a code without a text of the other side", () => {
  it.each([
    [1000, "Closed", false],
    [1001, "Closed", true],
    [1002, "Protocol", true],
    [1003, "Protocol", false],
    [1005, "Lost", true],
    [1006, "Lost", true],
    [1007, "Protocol", true],
    [1008, "Denied", false],
    [1009, "Overflow", true],
    [1010, "Protocol", false],
    [1011, "Internal", true],
    [1012, "Closed", true],
    [1013, "Unavailable", true],
    [1014, "Lost", true],
    [1015, "Lost", true],
    [3000, "Lost", true],
    [4999, "Lost", true],
  ])("%i means %s, retryable %s", (code, expected, retryable) => {
    for (const text of ["", "bye", "no code: at all", "Denied:", "Denied: "]) {
      expect(reasonOf({ code, text })).toMatchObject({ code: expected, retryable });
      expect(reasonOf({ code, text }).message).not.toBe("");
    }
  });
});
