import { vi } from "vitest";
import type { HarnessClock } from "./harness-clock.js";

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
  for (const end = clock.now() + patience; ; await clock.advance(1)) {
    try {
      return await check();
    } catch (error) {
      if (clock.now() >= end) throw error;
    }
  }
}
