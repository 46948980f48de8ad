import { expect, it } from "vitest";
import { type Claim, judge } from "./claim.js";
import type { RowResult } from "./result.js";

const row: RowResult = {
  suite: "sort",
  name: "a thousand",
  unit: "ns",
  better: "lower",
  ours: 20,
  peers: { quick: 10, bubble: 25 },
  spread: 0,
  peerSpreads: { quick: 0, bubble: 0 },
};

const noSlowerThan = (peer: string): Claim => ({
  kind: "promise",
  row: "a thousand",
  says: `no slower than ${peer}`,
  bound: (figures) => figures.peer("a thousand", peer),
});

it("finds a promise kept, and by how much", () => {
  expect(judge([noSlowerThan("bubble")], [row])).toMatchObject([{ outcome: "kept", bound: 25 }]);
});

it("finds a promise broken, and by how much", () => {
  expect(judge([noSlowerThan("quick")], [row])).toMatchObject([{ outcome: "broken", bound: 10 }]);
});

it("asks for more, not less, where higher is better", () => {
  const throughput = { ...row, better: "higher" as const };
  expect(judge([noSlowerThan("quick")], [throughput])).toMatchObject([{ outcome: "kept", bound: 10 }]);
});

it("compares with the best of the peers", () => {
  const fastest: Claim = { ...noSlowerThan("all"), bound: (figures) => figures.best("a thousand") };
  expect(judge([fastest], [row])).toMatchObject([{ outcome: "broken", bound: 10 }]);
});

it("judges nothing by a peer that was left out", () => {
  expect(judge([noSlowerThan("merge")], [row])).toMatchObject([{ outcome: "not judged" }]);
});

it("says nothing of a row that was not measured", () => {
  expect(judge([{ ...noSlowerThan("quick"), row: "a million" }], [row])).toEqual([]);
});
