import { systemRuntime } from "@eventwire/queue";
import { expect, it } from "vitest";
import { Turns } from "./turns.js";

it("lets so many work at once, in the order in which they came, also past one that fails", async () => {
  const turns = new Turns(systemRuntime, 2);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (index: number) => {
    begun.push(index);
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => systemRuntime.macrotask(resolve));
    running -= 1;
    if (index === 3) throw new Error("no");
    return index;
  };
  const outcomes = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5, 6].map((index) => turns.take(() => work(index))),
  );
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(await turns.take(() => work(7))).toBe(7);
});

it("lets the event loop turn while many work that never wait for it", async () => {
  const turns = new Turns(systemRuntime, 2);
  let done = 0;
  const all = Array.from({ length: 100 }, () =>
    turns.take(async () => {
      done += 1;
    }),
  );
  await new Promise<void>((resolve) => systemRuntime.macrotask(resolve));
  expect(done).toBeLessThan(100);
  await Promise.all(all);
  expect(done).toBe(100);
});
