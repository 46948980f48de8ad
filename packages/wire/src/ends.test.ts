import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it } from "vitest";
import { Ends } from "./ends.js";

function openEnds() {
  const runtime = new VirtualClock();
  const errors: unknown[] = [];
  const ends = new Ends(runtime, (error) => errors.push(error));
  const told: string[] = [];
  const start = runtime.now();
  const ending = (name: string, also: () => void = () => undefined) => ({
    due: (now: number) => {
      told.push(`${name} ${now - start}`);
      also();
    },
  });
  return { runtime, errors, ends, told, ending, at: (milliseconds: number) => start + milliseconds };
}

it("tells each within a second after its time, never before, with one timer", async () => {
  const { runtime, ends, told, ending, at } = openEnds();
  for (let index = 0; index < 100; index++) ends.set(ending(`${index}`), at(10 * index + 5));
  ends.set(ending("late"), at(5_500));
  expect(runtime.timers).toBe(1);
  await runtime.advance(999);
  expect(told).toEqual([]);
  await runtime.advance(1);
  expect(told).toHaveLength(100);
  await runtime.advance(10_000);
  expect(told.slice(100)).toEqual(["late 6000"]);
  expect(runtime.timers).toBe(0);
});

it("tells at the time that was set last, and not at all when that is never", async () => {
  const { runtime, ends, told, ending, at } = openEnds();
  const [moved, dropped] = [ending("moved"), ending("dropped")];
  ends.set(moved, at(1_000));
  ends.set(dropped, at(1_000));
  ends.set(moved, at(3_000));
  ends.set(dropped, Infinity);
  await runtime.advance(5_000);
  expect(told).toEqual(["moved 3000"]);
  ends.set(moved, at(9_000));
  ends.set(moved, Infinity);
  expect(runtime.timers).toBe(0);
});

it("tells the others where one fails, sets another, or takes another out", async () => {
  const { runtime, errors, ends, told, ending, at } = openEnds();
  const gone = ending("gone");
  const failing = ending("failing", () => {
    ends.set(gone, Infinity);
    ends.set(ending("next"), at(2_000));
    throw new Error("broken");
  });
  for (const one of [failing, gone, ending("other")]) ends.set(one, at(1_000));
  await runtime.advance(5_000);
  expect(told).toEqual(["failing 1000", "other 1000", "next 2000"]);
  expect(errors).toMatchObject([{ message: "broken" }]);
  expect(runtime.timers).toBe(0);
});

it("looks at the clock each minute, for it may be set", async () => {
  const { runtime, ends, told, ending, at } = openEnds();
  ends.set(ending("far"), at(86_400_000 * 40));
  let ahead = 0;
  const now = runtime.now.bind(runtime);
  runtime.now = () => now() + ahead;
  await runtime.advance(30_000);
  ahead = 86_400_000 * 50;
  await runtime.advance(30_000);
  expect(told).toHaveLength(1);
});
