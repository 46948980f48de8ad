import type { Runtime } from "@eventwire/core";

export interface HeartbeatActions {
  /** Asks the other end for a sign of life. */
  readonly ask: () => void;
  /** It gave none. */
  readonly silent: () => void;
}

/**
 * Finds out whether the other end of a silent link is still there: asks when an interval has passed without a sign of life,
 * and gives up when the next one has. It counts its own ticks and not the time, so that a page that was frozen, as browsers
 * do to hidden ones, asks before it gives up.
 */
export class Heartbeat {
  readonly #runtime: Runtime;
  readonly #interval: number;
  readonly #actions: HeartbeatActions;
  #silentTicks = 0;
  #cancel: () => void;

  /** @param interval in milliseconds. */
  constructor(runtime: Runtime, interval: number, actions: HeartbeatActions) {
    this.#runtime = runtime;
    this.#interval = interval;
    this.#actions = actions;
    this.#cancel = runtime.timer(() => this.#tick(), interval);
  }

  /** Something came, or what was sent was taken. */
  heard(): void {
    this.#silentTicks = -1;
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    this.#silentTicks += 1;
    if (this.#silentTicks === 2) {
      this.#actions.silent();
      return;
    }
    this.#cancel = this.#runtime.timer(() => this.#tick(), this.#interval);
    if (this.#silentTicks === 1) this.#actions.ask();
  }
}
