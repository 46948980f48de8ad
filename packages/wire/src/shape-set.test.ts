import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeSet } from "./shape-set.js";

const setOf = (numbers: readonly number[]) =>
  numbers.reduce((set, number) => set.with(number), ShapeSet.none);
const numbers = fc.array(fc.nat(255), { maxLength: 20 });

describe("a set of shapes", () => {
  it("has what was added to it, by number, and each once", () => {
    fc.assert(
      fc.property(numbers, (some) => {
        const set = setOf(some);
        expect([...set.numbers()]).toEqual([...new Set(some)].sort((a, b) => a - b));
        for (let number = 0; number < 256; number++) expect(set.has(number)).toBe(some.includes(number));
      }),
    );
  });

  it("is never changed by another one", () => {
    fc.assert(
      fc.property(numbers, numbers, (some, others) => {
        const [one, other] = [setOf(some), setOf(others)];
        const both = new Set([...some, ...others]);
        expect([...one.union(other).numbers()]).toEqual([...both].sort((a, b) => a - b));
        expect(one.includes(other)).toBe(others.every((number) => some.includes(number)));
        expect([...one.numbers()]).toEqual([...setOf(some).numbers()]);
      }),
    );
  });

  it("stays the same one where nothing comes to it", () => {
    const set = setOf([3, 200]);
    expect(set.with(200)).toBe(set);
    expect(set.union(setOf([3]))).toBe(set);
    expect([...ShapeSet.none.numbers()]).toEqual([]);
  });
});
