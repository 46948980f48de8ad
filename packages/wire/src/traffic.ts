import type { Runtime } from "@eventwire/core";
import { TokenBucket } from "@eventwire/core/attach";
import type { Limits } from "./limits.js";

/** How much of a second's worth may come at once, in seconds. */
const burst = 10;
/** What a peer brings about itself; other failures are its server's. */
const ownFault: ReadonlySet<string> = new Set(["Denied", "Invalid", "Overflow", "Unsupported"]);

/** How many messages of one peer are taken, and how many of them refused. */
export class Traffic {
  readonly #runtime: Runtime;
  readonly #messages: TokenBucket | undefined;
  readonly #refusals: TokenBucket | undefined;

  constructor(runtime: Runtime, { messages, refusals }: Limits) {
    this.#runtime = runtime;
    this.#messages = this.#bucket("messages", messages);
    this.#refusals = this.#bucket("refusals", refusals);
  }

  /** One has come. @returns how long to wait, in milliseconds, where it is one too many; else 0. */
  message(): number {
    const bucket = this.#messages;
    if (!bucket) return 0;
    const now = this.#runtime.monotonic();
    if (bucket.readyAt > now) return bucket.readyAt - now;
    bucket.spend(now);
    return 0;
  }

  /** So many have come at once. @returns how many of them may be taken. */
  messages(count: number): number {
    const bucket = this.#messages;
    return bucket ? bucket.take(count, this.#runtime.monotonic()) : count;
  }

  /** One was refused. @returns whether that may be told. */
  refusal(code: string): boolean {
    const bucket = this.#refusals;
    if (!bucket || !ownFault.has(code)) return true;
    const now = this.#runtime.monotonic();
    if (bucket.readyAt > now) return false;
    bucket.spend(now);
    return true;
  }

  #bucket(name: string, perSecond: number): TokenBucket | undefined {
    if (perSecond === Infinity) return undefined;
    const rate = { limit: burst * perSecond, interval: burst * 1_000 };
    return new TokenBucket(rate, this.#runtime.monotonic(), name);
  }
}
