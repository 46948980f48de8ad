import { expect, test } from "vitest";
import { Course } from "./course.js";
import { niceTop } from "./line-chart.js";

const queue = { task: "t", waiting: 0, delayed: 0, blocked: 0, active: 0, dead: 0 };
const tick = (delivered: number, oldest = 0) => ({ delivered, queues: [{ ...queue, oldest }] });

test("the course has deliveries a minute over the last ten ticks, also over a new hub that counts anew", () => {
  const course = new Course();
  for (const delivered of [100, 101, 102, 0, 1]) course.add(tick(delivered));
  expect(course.rates).toEqual([0, 30, 40, 30, 36]);
  for (let count = 2; count < 12; count++) course.add(tick(count));
  expect(course.rates.at(-1)).toBe(60);
});

test("the course has the age of the oldest in seconds, of the last two minutes", () => {
  const course = new Course();
  for (let second = 0; second < 200; second++) course.add(tick(0, second * 1_000));
  expect([course.ages.length, course.ages[0], course.ages.at(-1)]).toEqual([120, 80, 199]);
});

test.each([
  [4, 4],
  [5, 6],
  [7, 10],
  [41, 60],
  [100, 100],
])("a chart up to %d ends at %d", (least, top) => {
  expect(niceTop(least)).toBe(top);
});
