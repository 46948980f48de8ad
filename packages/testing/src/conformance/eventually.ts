import { vi } from "vitest";
import type { HarnessClock } from "./harness-clock.js";

/** The longest that a clock is let go on between two looks, in milliseconds. */
const longestStep = 16;

/**
 * Waits until `check` neither throws nor rejects, and gives its result.
 *
 * @param patience after how many milliseconds it gives up, with what `check` threw last.
 * @param clock lets that time pass, where nothing happens outside of it. Default: the platform's time is waited for.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  patience: number,
  clock?: HarnessClock,
): Promise<T> {
  if (!clock) return vi.waitFor(check, { interval: 1, timeout: patience });
  const end = clock.now() + patience;
  for (let step = 1; ; step = Math.min(2 * step, longestStep)) {
    try {
      return await check();
    } catch (error) {
      if (clock.now() >= end) throw error;
    }
    await clock.advance(step);
  }
}
