import type { CloseReason, Runtime } from "@eventwire/core";
import { Heartbeat } from "./heartbeat.js";

/** How long the other side has to answer where it may be gone, in milliseconds. */
const doubtPatience = 3_000;

export interface LivenessActions {
  /** Asks the other side for a sign of life. */
  ask(): void;
  /** It gave none. */
  lost(reason: CloseReason): void;
}

/** Finds out whether the other side of a link is still there, where the link itself may not notice. */
export class Liveness {
  readonly #runtime: Runtime;
  readonly #actions: LivenessActions;
  #heartbeat: Heartbeat | undefined;
  #cancelDoubt: (() => void) | undefined;

  constructor(runtime: Runtime, actions: LivenessActions) {
    this.#runtime = runtime;
    this.#actions = actions;
  }

  /** @param interval how long the other side may be silent before it is asked, in milliseconds. */
  watch(interval: number): void {
    this.#heartbeat = new Heartbeat(this.#runtime, interval, {
      ask: () => this.#actions.ask(),
      silent: () => this.#lose(`for ${2 * interval} ms`),
    });
  }

  /** Asks at once, and does not wait as long as at other times. */
  doubt(): void {
    if (this.#cancelDoubt) return;
    this.#actions.ask();
    this.#cancelDoubt = this.#runtime.timer(
      () => this.#lose(`for ${doubtPatience} ms after a sleep`),
      doubtPatience,
    );
  }

  /** It took what was sent: it is there, though an answer may be stuck behind that. */
  took(): void {
    this.#heartbeat?.heard();
  }

  /** Something came from it. */
  came(): void {
    this.#heartbeat?.heard();
    this.#believe();
  }

  end(): void {
    this.#heartbeat?.stop();
    this.#believe();
  }

  #believe(): void {
    this.#cancelDoubt?.();
    this.#cancelDoubt = undefined;
  }

  #lose(silence: string): void {
    const message = `The other side gave no sign of life ${silence}.`;
    this.#actions.lost({ code: "Lost", message, retryable: true });
  }
}
