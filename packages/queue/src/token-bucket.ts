import { isAmount } from "./amount.js";
import { MisuseError } from "./errors/misuse-error.js";

/**
 * So many entries are taken in an interval, in the long run: a token bucket. After a rest `limit` may be taken at once, and the
 * next ones evenly, so that within a single interval they may be nearly twice as many.
 */
export interface Rate {
  /** How many, from 1. */
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

/**
 * A token bucket: it holds `limit` tokens, each taking costs one, and they come back evenly, `limit` in an interval. Kept as
 * the one number of the generic cell rate algorithm (ITU-T I.371, annex A), which is the same bucket without its rounding.
 */
export class TokenBucket {
  /** Milliseconds a token. */
  readonly #pace: number;
  /** How much earlier than evenly a token may be spent. */
  readonly #tolerance: number;
  /** When the next token would be spent if all were spent evenly. */
  #expected: number;

  /** @throws {MisuseError} when the limit is less than 1 or the interval is negative. */
  constructor({ limit, interval }: Rate, now: number, name: string) {
    if (!isAmount(limit - 1) || !isAmount(interval)) {
      throw new MisuseError(
        `rate of "${name}" needs a limit of at least 1 and an interval of at least 0 ms; it has ${limit} and ${interval}.`,
        { name },
      );
    }
    this.#pace = interval / limit;
    this.#tolerance = interval - this.#pace;
    this.#expected = now;
  }

  /** When there is a token, on the clock of `now`. */
  get readyAt(): number {
    return this.#expected - this.#tolerance;
  }

  /** When nothing is missing any more, so that a new one would be the same. */
  get fullAt(): number {
    return this.#expected;
  }

  spend(now: number): void {
    this.#expected = Math.max(this.#expected, now) + this.#pace;
  }

  /** Spends up to so many. @returns how many there were. */
  take(most: number, now: number): number {
    const from = Math.max(this.#expected, now);
    const late = now + this.#tolerance - from;
    if (late < 0) return 0;
    const taken = this.#pace === 0 ? most : Math.min(most, 1 + Math.floor(late / this.#pace));
    this.#expected = from + taken * this.#pace;
    return taken;
  }
}
