import type { Runtime } from "@eventwire/core";
import type { Taker } from "@eventwire/core/attach";

/** What one stream may be pulled ahead, whatever its asker says: it is sent without a break. */
const mostPulled = 256;

export interface PulledItemsHost {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** How long the stream may wait until somebody wants more, in milliseconds. */
  readonly streamIdle: number;
  begun(): void;
  give(item: unknown): void;
  /** Nobody has wanted more for too long. */
  idle(): void;
}

/** The items of one stream that the other side has asked for. */
export class PulledItems implements Taker {
  readonly #host: PulledItemsHost;
  #pulled = 0;
  #wake: (() => void) | undefined;

  constructor(host: PulledItemsHost) {
    this.#host = host;
  }

  pull(count: number): void {
    this.#pulled = Math.min(this.#pulled + count, mostPulled);
    if (this.#pulled > 0) this.#wake?.();
  }

  begun(): void {
    this.#host.begun();
  }

  wanted(): Promise<void> | undefined {
    return this.#pulled > 0 || this.#host.signal.aborted ? undefined : this.#wait();
  }

  async #wait(): Promise<void> {
    const { runtime, signal, streamIdle, idle } = this.#host;
    const cancelTimer = streamIdle === Number.POSITIVE_INFINITY ? undefined : runtime.timer(idle, streamIdle);
    let wake: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      this.#wake = resolve;
      signal.addEventListener("abort", wake);
    });
    signal.removeEventListener("abort", wake);
    cancelTimer?.();
  }

  give(item: unknown): void {
    this.#pulled -= 1;
    this.#host.give(item);
  }
}
