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
  readonly #limits: Limits;
  #messages: TokenBucket | undefined;
  /** From the first refusal on. */
  #refusals: TokenBucket | undefined;

  constructor(runtime: Runtime, limits: Limits) {
    this.#runtime = runtime;
    this.#limits = limits;
  }

  /** One has come. @returns how long to wait, in milliseconds, where it is one too many; else 0. */
  message(): number {
    if (this.#limits.messages === Infinity) return 0;
    const now = this.#runtime.monotonic();
    this.#messages ??= this.#bucket("messages", now);
    if (this.#messages.readyAt > now) return this.#messages.readyAt - now;
    this.#messages.spend(now);
    return 0;
  }

  /** So many have come at once. @returns how many of them may be taken. */
  messages(count: number): number {
    if (this.#limits.messages === Infinity) return count;
    const now = this.#runtime.monotonic();
    this.#messages ??= this.#bucket("messages", now);
    return this.#messages.take(count, now);
  }

  /** One was refused. @returns whether that may be told. */
  refusal(code: string): boolean {
    if (this.#limits.refusals === Infinity || !ownFault.has(code)) return true;
    const now = this.#runtime.monotonic();
    this.#refusals ??= this.#bucket("refusals", now);
    if (this.#refusals.readyAt > now) return false;
    this.#refusals.spend(now);
    return true;
  }

  #bucket(name: "messages" | "refusals", now: number): TokenBucket {
    return new TokenBucket({ limit: burst * this.#limits[name], interval: burst * 1_000 }, now, name);
  }
}
