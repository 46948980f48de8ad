import { afterEach, expect, it, vi } from "vitest";
import { within } from "./within.js";

afterEach(() => void vi.useRealTimers());

it("gives what comes in time", async () => {
  expect(await within(1_000, Promise.resolve(7))).toBe(7);
});

it("waits no longer than it was told to", async () => {
  vi.useFakeTimers();
  const late = expect(within(1_000, new Promise(() => undefined))).rejects.toThrow("in 1000 ms");
  vi.advanceTimersByTime(1_000);
  await late;
});
