import { expect, it } from "vitest";
import { countValid, isIntact, isValid, positionOf, positionSchema } from "./positions.js";

const numbers = Array.from({ length: 3_000 }, (_, number) => number);

it("has a schema accept all but one of a hundred, which it counts", () => {
  for (const number of numbers) {
    expect(positionSchema.safeParse(positionOf(number)).success).toBe(isValid(number));
    expect(countValid(number)).toBe(numbers.slice(0, number).filter(isValid).length);
  }
  expect(numbers.filter((number) => !isValid(number))).toHaveLength(30);
});

it("takes about a hundred bytes of JSON each", () => {
  const bytes = numbers.map((number) => JSON.stringify(positionOf(number)).length);
  expect(Math.min(...bytes)).toBeGreaterThan(90);
  expect(Math.max(...bytes)).toBeLessThan(130);
});

it("notices any field that was altered", () => {
  const position = positionOf(123);
  expect(isIntact(JSON.parse(JSON.stringify(position)))).toBe(true);
  for (const field of Object.keys(position)) expect(isIntact({ ...position, [field]: 1 })).toBe(false);
});
