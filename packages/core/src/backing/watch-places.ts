import type { Runtime } from "@eventwire/queue";

/** How many tasks a client watches at once: a server answers so many questions of one peer, and more. */
const most = 64;
/** How long one is watched while others wait for that, in milliseconds. */
const turnTime = 500;

/** Leave to watch a task. */
export interface WatchPlace {
  /** Aborts when its turn is over, or nobody wants it any more. */
  readonly signal: AbortSignal;
  leave(): void;
}

/** Lets a client watch any number of tasks by turns, so that it asks its server no more at once than that answers. */
export class WatchPlaces {
  readonly #runtime: Runtime;
  /** By what ends their turn: when they were taken, oldest first. */
  readonly #taken = new Map<AbortController, number>();
  readonly #waiting = new Set<(isGiven: boolean) => void>();
  /** How many places are taken, or given to who is about to take them. */
  #used = 0;
  #cancel: (() => void) | undefined;
  #ended = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Resolves with nothing where `signal` aborts before, or at the end. */
  async take(signal: AbortSignal | undefined): Promise<WatchPlace | undefined> {
    if (signal?.aborted || this.#ended) return undefined;
    if (this.#used < most) this.#used += 1;
    else if (!(await this.#given(signal))) return undefined;
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    this.#taken.set(controller, this.#runtime.monotonic());
    const leave = () => {
      signal?.removeEventListener("abort", abort);
      if (this.#taken.delete(controller)) this.#giveBack();
    };
    return { signal: controller.signal, leave };
  }

  /** Nobody gets a place any more. */
  end(): void {
    this.#ended = true;
    this.#cancel?.();
    for (const settle of [...this.#waiting]) settle(false);
  }

  #given(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const abort = () => settle(false);
      const settle = (isGiven: boolean) => {
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(settle);
        resolve(isGiven);
      };
      signal?.addEventListener("abort", abort);
      this.#waiting.add(settle);
      this.#endTurns();
    });
  }

  /** To who waits longest. */
  #giveBack(): void {
    const [next] = this.#waiting;
    if (next) next(true);
    else this.#used -= 1;
  }

  /** Ends the turns of those who have had theirs, as many as wait; the others' when that is so. */
  #endTurns(): void {
    if (this.#cancel || this.#waiting.size === 0 || this.#ended) return;
    const [first = 0] = this.#taken.values();
    this.#cancel = this.#runtime.timer(
      () => {
        this.#cancel = undefined;
        const over = this.#runtime.monotonic() - turnTime;
        const longest = [...this.#taken].slice(0, this.#waiting.size);
        for (const [controller, since] of longest) if (since <= over) controller.abort();
        this.#endTurns();
      },
      Math.max(turnTime / 10, first + turnTime - this.#runtime.monotonic()),
    );
  }
}
