import type { Runtime } from "@eventwire/core";

/** What is told when its time has come. */
export interface Ending {
  /** It was told once, and is told again only where it is set again. */
  due(now: number): void;
}

/** Times are rounded up to this, in milliseconds, so that those that lie together share a wake-up. */
const grain = 1_000;
/** The clock is looked at as often as this, in milliseconds, for it may be set, and machines sleep. */
const longest = 60_000;

/** One timer for the times, in milliseconds since the Unix epoch, at which what was granted ends. */
export class Ends {
  readonly #runtime: Runtime;
  readonly #failed: (error: unknown) => void;
  readonly #times = new Map<Ending, number>();
  readonly #byTime = new Map<number, Set<Ending>>();
  #wakeAt = Infinity;
  #cancel: (() => void) | undefined;

  constructor(runtime: Runtime, failed: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#failed = failed;
  }

  /** Tells `ending` within a second after `time`, and at no time set before. Never where that is `Infinity`. */
  set(ending: Ending, time: number): void {
    const rounded = Math.ceil(time / grain) * grain;
    if (this.#times.get(ending) === rounded) return;
    this.#remove(ending);
    if (time === Infinity) {
      if (this.#times.size === 0) this.#rest();
      return;
    }
    this.#times.set(ending, rounded);
    const together = this.#byTime.get(rounded);
    if (together) together.add(ending);
    else this.#byTime.set(rounded, new Set([ending]));
    if (rounded < this.#wakeAt) this.#wake(rounded);
  }

  #remove(ending: Ending): void {
    const time = this.#times.get(ending);
    if (time === undefined) return;
    this.#times.delete(ending);
    const together = this.#byTime.get(time);
    together?.delete(ending);
    if (together?.size === 0) this.#byTime.delete(time);
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeAt = Infinity;
  }

  #wake(time: number): void {
    this.#rest();
    this.#wakeAt = time;
    const wait = Math.min(Math.max(0, time - this.#runtime.now()), longest);
    this.#cancel = this.#runtime.timer(() => this.#ring(), wait);
  }

  #ring(): void {
    this.#rest();
    const now = this.#runtime.now();
    for (const [time, endings] of [...this.#byTime]) {
      if (time > now) continue;
      for (const ending of [...endings]) {
        // One that was told before may have taken it out.
        if (!endings.has(ending)) continue;
        this.#remove(ending);
        try {
          ending.due(now);
        } catch (error) {
          this.#failed(error);
        }
      }
    }
    let next = Infinity;
    for (const time of this.#byTime.keys()) next = Math.min(next, time);
    if (next < this.#wakeAt) this.#wake(next);
  }
}
