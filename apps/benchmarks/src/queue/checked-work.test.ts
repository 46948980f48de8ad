import { describe, expect, it } from "vitest";
import { createPoints } from "../emit/points.js";
import { checkedKeyedWork, checkedWork } from "./checked-work.js";
import { atOnce } from "./work-queue.js";

const points = createPoints(atOnce);

describe("checked work", () => {
  it("accepts laps in order, and begins anew after each check", () => {
    const { work, check } = checkedWork(points);
    for (const laps of [1, 2]) {
      for (let lap = 0; lap < laps; lap++) for (const point of points) work(point);
      check(laps);
    }
  });

  it.each([
    ["one is missing", points.slice(0, -1), "1023 entries were worked on where 1024"],
    ["one comes twice", [...points, points[0]!], "1025 entries were worked on where 1024"],
    ["two have changed places", [points[1]!, points[0]!, ...points.slice(2)], "2 entries came out of order"],
    [
      "one was altered",
      [{ ...points[0]!, y: -1 }, ...points.slice(1)],
      "1 entries came out of order or altered",
    ],
  ])("refuses a lap of which %s", (_, done, fault) => {
    const { work, check } = checkedWork(points);
    for (const point of done) work(point);
    expect(() => check(1)).toThrow(fault);
  });
});

describe("checked work by key", () => {
  const lane = (key: number) => points.filter(({ id }) => id === key);
  const run = async (work: (point: (typeof points)[number]) => Promise<void>, list: typeof points) => {
    for (const point of list) await work(point);
  };

  it("accepts lanes side by side, and begins anew after each check", async () => {
    const { work, check } = checkedKeyedWork(points);
    for (let lap = 0; lap < 2; lap++) {
      await Promise.all(Array.from({ length: atOnce }, (_, key) => run(work, lane(key))));
      check(1);
    }
  });

  it("refuses a lane that is out of order", async () => {
    const { work, check } = checkedKeyedWork(points);
    await Promise.all(
      Array.from({ length: atOnce }, (_, key) => run(work, key === 3 ? lane(key).reverse() : lane(key))),
    );
    expect(() => check(1)).toThrow("came out of order or altered");
  });

  it("refuses two of one key at once", async () => {
    const { work, check } = checkedKeyedWork(points);
    await Promise.all(points.map(work));
    expect(() => check(1)).toThrow("while another of their key was");
  });

  it("refuses fewer at once than there could be", async () => {
    const { work, check } = checkedKeyedWork(points);
    await run(work, points);
    expect(() => check(1)).toThrow(`1 entries were worked on at once where ${atOnce} were to be`);
  });
});
