import { expect, it } from "vitest";
import { show } from "./show.js";

class Money {
  readonly amount = 5;
}

it.each([
  ["text", '"text"'],
  ["x".repeat(200), `"${"x".repeat(80)}…"`],
  [5, "5"],
  [-0, "-0"],
  [5n, "5n"],
  [undefined, "undefined"],
  [null, "null"],
  [Symbol("s"), "Symbol(s)"],
  [[1, [2]], "[1, [2]]"],
  [{ a: { b: "c" } }, '{ a: { b: "c" } }'],
  [{}, "{}"],
  [Object.create(null), "{}"],
  [new Money(), "Money { amount: 5 }"],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [new Date(Number.NaN), "Invalid Date"],
  [new Uint8Array(3), "Uint8Array of 3 bytes"],
  [new Map([["a", 1]]), 'Map { "a" => 1 }'],
  [new Set([1]), "Set { 1 }"],
  [new TypeError("no"), "TypeError: no"],
  [show, "function show"],
  [{ a: { b: { c: { d: { e: 1 } } } } }, "{ a: { b: { c: { d: {…} } } } }"],
  [Array.from({ length: 12 }, (_, index) => index), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 2 more]"],
])("shows %o", (value, text) => {
  expect(show(value)).toBe(text);
});

it("ends with what contains itself", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(show(loop)).toBe("{ self: { self: { self: { self: {…} } } } }");
});
