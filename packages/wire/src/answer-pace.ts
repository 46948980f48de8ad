import type { Runtime } from "@eventwire/core";
import { TokenBucket } from "@eventwire/core/attach";

/** So many events may be undone at once, and so many in the long run, in so many milliseconds. */
const rate = { limit: 1_000, interval: 10_000 };

/** What is to be tried again, not sooner than may be: who says undone at once would else be given the same events without end. */
export class AnswerPace {
  readonly #runtime: Runtime;
  readonly #bucket: TokenBucket;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#bucket = new TokenBucket(rate, runtime.monotonic(), "undone");
  }

  /** One is undone. @returns how long that is to be kept back, in milliseconds. */
  spend(): number {
    const now = this.#runtime.monotonic();
    const wait = this.#bucket.readyAt - now;
    this.#bucket.spend(now);
    return wait;
  }
}
