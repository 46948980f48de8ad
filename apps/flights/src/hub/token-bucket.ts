/** How much a bucket gives out, and how fast it fills again. */
export interface TokenBucketOptions {
  /** Tokens in a full bucket: what may be taken at once. */
  burst: number;
  /** Milliseconds until one more token is there. */
  interval: number;
  /** Milliseconds that never go back, such as `performance.now`. */
  now: () => number;
}

/** A rate limit: a burst at once, then one an interval. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  /** When the bucket is full again; every token taken puts it off by an interval. */
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** Takes a token, if there is one. */
  take(): boolean {
    if (this.retryAfter > 0) return false;
    this.#fullAt = Math.max(this.#fullAt, this.#options.now()) + this.#options.interval;
    return true;
  }

  /** Milliseconds until a token can be taken; 0 when one can be taken now. */
  get retryAfter(): number {
    const { burst, interval, now } = this.#options;
    return Math.max(0, this.#fullAt - (burst - 1) * interval - now());
  }

  /** True when nothing is missing: a new bucket would be the same. */
  get full(): boolean {
    return this.#fullAt <= this.#options.now();
  }
}
