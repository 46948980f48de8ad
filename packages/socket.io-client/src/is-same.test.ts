import { expect, it } from "vitest";
import { isSame } from "./is-same.js";

class Agent {
  readonly name = "agent";
}
const agent = new Agent();
const give = () => undefined;

it.each([
  [undefined, undefined],
  [Number.NaN, Number.NaN],
  [
    { a: 1, b: { c: [1, { d: 2 }] } },
    { b: { c: [1, { d: 2 }] }, a: 1 },
  ],
  [
    { agent, give },
    { agent, give },
  ],
  [Object.create(null), {}],
])("takes %j and %j for the same", (one, other) => {
  expect([isSame(one, other), isSame(other, one)]).toEqual([true, true]);
});

it.each([
  [{}, undefined],
  [null, {}],
  [[], {}],
  [[1], [1, 2]],
  [{ a: undefined }, { b: undefined }],
  [{ a: undefined }, {}],
  [{ token: "a" }, { token: "b" }],
  [{ agent }, { agent: new Agent() }],
  [{ give }, { give: () => undefined }],
  [{ a: { token: "a" } }, { a: { token: "b" } }],
  [new Date(1), new Date(1)],
  [JSON.parse('{ "__proto__": { "token": "a" } }'), {}],
])("tells %j from %j", (one, other) => {
  expect([isSame(one, other), isSame(other, one)]).toEqual([false, false]);
});
