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
