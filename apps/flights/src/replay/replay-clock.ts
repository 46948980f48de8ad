/** How the replay's clock starts and where its real time comes from. */
export interface ReplayClockOptions {
  /** Simulated time to start at, in milliseconds since the Unix epoch. */
  start: number;
  /** Simulated seconds a real second, above 0. */
  speed: number;
  /** Real time in milliseconds that never goes back, such as `performance.now`. */
  now: () => number;
}

/** Simulated time: real time at a speed that can change, or stand still, without the time ever jumping. */
export class ReplayClock {
  readonly #now: () => number;
  #base: number;
  #baseAt: number;
  #speed: number;
  #paused = false;

  constructor({ start, speed, now }: ReplayClockOptions) {
    this.#now = now;
    this.#base = start;
    this.#baseAt = now();
    this.#speed = speed;
  }

  /** Milliseconds since the Unix epoch, simulated. */
  get time(): number {
    return this.#paused ? this.#base : this.#base + (this.#now() - this.#baseAt) * this.#speed;
  }

  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number) {
    this.set(this.time);
    this.#speed = speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    this.set(this.time);
    this.#paused = paused;
  }

  /** Goes on from this simulated time: for a replay that could not keep up, or begins again. */
  set(time: number): void {
    this.#base = time;
    this.#baseAt = this.#now();
  }
}
