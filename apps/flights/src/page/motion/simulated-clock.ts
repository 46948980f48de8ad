/** What the hub last said about time. */
export interface Tick {
  /** Milliseconds since the Unix epoch, in simulated time. */
  readonly simulatedTime: number;
  /** Simulated seconds a second. */
  readonly speed: number;
  readonly paused: boolean;
}

/** Differences from the hub's clock beyond this many real milliseconds are a jump, not a drift. */
const JUMP = 1_500;
/** Real milliseconds in which most of a drift is absorbed. */
const EASE = 600;

/**
 * The replay's time between two ticks of the hub. It runs on at the last known speed, and eases toward each
 * tick instead of stepping, so that what moves by it moves evenly.
 */
export class SimulatedClock {
  #tick: Tick | undefined;
  #at = 0;
  #drift = 0;
  #held = false;

  /** Whether the hub has told the time yet. */
  get known(): boolean {
    return this.#tick !== undefined;
  }

  /** Simulated seconds a second; 0 while paused or held. */
  get speed(): number {
    return this.#tick === undefined || this.#tick.paused || this.#held ? 0 : this.#tick.speed;
  }

  /** Takes the hub's time, received at a real moment of `performance.now()`. */
  set(tick: Tick, now: number): void {
    const shown = this.read(now);
    this.#tick = tick;
    this.#at = now;
    const drift = shown - tick.simulatedTime;
    this.#drift = Math.abs(drift) > JUMP * Math.max(1, tick.speed) ? 0 : drift;
  }

  /** Stops the clock while the hub cannot be heard; the next tick starts it again. */
  hold(held: boolean, now: number): void {
    if (held === this.#held) return;
    const time = this.read(now);
    this.#held = held;
    if (this.#tick !== undefined) this.#tick = { ...this.#tick, simulatedTime: time };
    this.#at = now;
    this.#drift = 0;
  }

  /** The simulated time at a real moment; 0 while unknown. */
  read(now: number): number {
    if (this.#tick === undefined) return 0;
    const elapsed = now - this.#at;
    return this.#tick.simulatedTime + elapsed * this.speed + this.#drift * Math.exp(-elapsed / EASE);
  }
}
