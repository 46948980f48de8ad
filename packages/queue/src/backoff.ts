import { isAmount } from "./amount.js";
import { MisuseError } from "./errors/misuse-error.js";

/** How long an entry waits after a failed attempt, in milliseconds: more each time. */
export interface Backoff {
  /** After the first failed attempt. Default 100. */
  readonly initial?: number | undefined;
  /** By how much the wait grows with each further one. Default 2. */
  readonly factor?: number | undefined;
  /** The longest wait. Default 30,000. */
  readonly max?: number | undefined;
  /**
   * Whether to wait any time up to that one, by chance, so that what failed together does not come back together. Default
   * true.
   */
  readonly jitter?: boolean | undefined;
}

/**
 * The wait after a failed attempt: exponential, with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015: the fewest calls in all, of the kinds compared there).
 *
 * @returns the wait after attempt number `attempt`, from 1.
 * @throws {MisuseError} when an option is no number of at least 0, or the factor is less than 1.
 */
export function backoff(options: Backoff, random: () => number): (attempt: number) => number {
  const { initial = 100, factor = 2, max = 30_000, jitter = true } = options;
  if (!isAmount(initial) || !isAmount(max) || typeof factor !== "number" || !(factor >= 1)) {
    throw new MisuseError(
      `backoff needs an initial and a max of at least 0 ms and a factor of at least 1; it has ${initial}, ${max} and ${factor}.`,
    );
  }
  return (attempt) => {
    // Nothing times a growth that is infinite at last would be NaN.
    const longest = initial === 0 ? 0 : Math.min(max, initial * factor ** (attempt - 1));
    return jitter ? random() * longest : longest;
  };
}
