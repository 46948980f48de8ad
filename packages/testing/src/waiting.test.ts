import { systemRuntime } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { waitFor } from "./waiting.js";

it.each([
  ["the platform's", systemRuntime],
  ["a virtual", new VirtualClock()],
])("waits by %s time until the condition holds, and then looks no more", async (_, runtime) => {
  let holds = false;
  const stop = vi.fn();
  const waiting = waitFor(
    runtime,
    60_000,
    () => holds,
    (look) => {
      runtime.macrotask(() => {
        holds = true;
        look();
      });
      return stop;
    },
  );
  expect(await waiting).toBe(true);
  expect(stop).toHaveBeenCalledOnce();
});

it.each([
  ["the platform's", systemRuntime],
  ["a virtual", new VirtualClock()],
])("gives up by %s time when that has passed", async (_, runtime) => {
  const stop = vi.fn();
  expect(
    await waitFor(
      runtime,
      1,
      () => false,
      () => stop,
    ),
  ).toBe(false);
  expect(stop).toHaveBeenCalledOnce();
  expect(
    await waitFor(
      runtime,
      0,
      () => false,
      () => stop,
    ),
  ).toBe(false);
});

it.each([
  ["the platform's", systemRuntime],
  ["a virtual", new VirtualClock()],
])(
  "rejects with what the condition throws by %s time, at once, and leaves nothing behind",
  async (_, runtime) => {
    const began = runtime.monotonic();
    const stop = vi.fn();
    let broken = false;
    const waiting = waitFor(
      runtime,
      60_000,
      () => {
        if (broken) throw new Error("the condition is broken");
        return false;
      },
      (look) => {
        runtime.timer(() => {
          broken = true;
          expect(look).not.toThrow();
        }, 1);
        return stop;
      },
    );
    await expect(waiting).rejects.toThrow("the condition is broken");
    expect(stop).toHaveBeenCalledOnce();
    if (runtime instanceof VirtualClock)
      expect([runtime.timers, runtime.monotonic() - began]).toEqual([0, 1]);
  },
);

it("leaves nothing behind when a timer of the test's own throws", async () => {
  const clock = new VirtualClock();
  const stop = vi.fn();
  clock.timer(() => {
    throw new Error("from a timer");
  }, 5);
  const waiting = waitFor(
    clock,
    60_000,
    () => false,
    () => stop,
  );
  await expect(waiting).rejects.toThrow("from a timer");
  expect([stop.mock.calls.length, clock.timers]).toEqual([1, 0]);
});
