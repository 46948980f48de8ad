import type { EventwireError } from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";

/** How long to wait before something is asked again, in milliseconds: the first time, and at most. */
const firstWait = 1_000;
const longestWait = 30_000;

/** What it needs of the core of a bus. */
export type AskingCore = Pick<BusCore, "runtime" | "report" | "attempt">;

/**
 * Asks again for what cannot be decided now: after waits that double, and of which half is by chance, so that the clients of a server whose
 * rules get no answer do not all come back at once.
 */
export class AskingAgain {
  readonly #core: AskingCore;
  readonly #ask: () => void;
  #times = 0;
  #cancel: (() => void) | undefined;

  constructor(core: AskingCore, ask: () => void) {
    this.#core = core;
    this.#ask = ask;
  }

  /** @param why is reported, once until it is answered. */
  later(why: EventwireError): void {
    const { runtime } = this.#core;
    this.stop();
    if (this.#times === 0) this.#core.report(why);
    const wait = Math.min(longestWait, firstWait * 2 ** this.#times++);
    this.#cancel = runtime.timer(() => this.#core.attempt(this.#ask), wait * (0.5 + runtime.random() / 2));
  }

  /** It is asked for anyway, or not at all any more. */
  stop(): void {
    this.#cancel?.();
  }

  /** It is answered. */
  answered(): void {
    this.stop();
    this.#times = 0;
  }
}
