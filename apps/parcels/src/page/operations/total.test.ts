import { expect, test } from "vitest";
import { totalOf, verdictOf } from "./total.js";

const count = {
  vendor: "a",
  handedIn: 9,
  waiting: 1,
  underWay: 2,
  delivered: 5,
  failed: 1,
  lost: 0,
  twice: 0,
};

test("the total adds up over all vendors, and says so", () => {
  const total = totalOf([count, { ...count, vendor: "b" }]);
  expect(total).toEqual({
    handedIn: 18,
    waiting: 2,
    underWay: 4,
    delivered: 10,
    failed: 2,
    lost: 0,
    twice: 0,
  });
  expect(verdictOf(total)).toEqual({
    sound: true,
    words: "It adds up: none is lost, none was delivered twice",
  });
});

test.each([
  [{ ...count, underWay: 1, lost: 1 }, "It does not add up: 1 lost, 0 delivered twice"],
  [{ ...count, twice: 1 }, "It does not add up: 0 lost, 1 delivered twice"],
  [{ ...count, handedIn: 10 }, "It does not add up: 1 lost, 0 delivered twice"],
])("a total with %o does not add up", (vendor, words) => {
  expect(verdictOf(totalOf([vendor]))).toEqual({ sound: false, words });
});
