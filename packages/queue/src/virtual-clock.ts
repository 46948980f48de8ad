import { type AsyncStore, type Runtime, systemRuntime } from "./runtime.js";
import { seededRandom } from "./seeded-random.js";
import { TimerList } from "./timer-list.js";

export { seededRandom } from "./seeded-random.js";

export interface VirtualClockOptions {
  /** The time at which it begins, in milliseconds since the Unix epoch. Default: the start of 2001. */
  readonly start?: number | undefined;
  /** What its chance begins with: the same seed gives the same numbers and ids. Default 1. */
  readonly seed?: number | undefined;
  /**
   * How many timers `run` and `until` fire, and `advance` fires at one time, before they take them for an endless chain.
   * Default 1,000,000.
   */
  readonly maxTimers?: number | undefined;
  /**
   * For how long `until` waits once no timer is set, in milliseconds of the platform, for what the clock knows nothing of: a
   * module that loads, a file. Default 1,000.
   */
  readonly patience?: number | undefined;
}

/**
 * A runtime whose time passes only when a test says so, and whose chance is seeded: a day of retries takes milliseconds,
 * and the same run comes out the same every time. Microtasks and macrotasks stay the platform's.
 *
 * It knows what is scheduled through it, and nothing else. What waits for a file, a socket or the platform's own timers it
 * does not wait for, unless nothing else is left to do: time may have passed by then.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const bus = createBus(contract, { runtime: clock });
 * const answer = await clock.until(bus.request("room.size", "lobby", { timeout: 5_000 }).result());
 * console.log(answer, clock.monotonic()); // { ok: false, error: TimeoutError } 5000
 * ```
 */
export class VirtualClock implements Runtime {
  /** What nobody handled, oldest first. */
  readonly uncaughtErrors: unknown[] = [];
  /** What was logged, oldest first. */
  readonly loggedErrors: unknown[] = [];
  readonly #start: number;
  readonly #maxTimers: number;
  readonly #patience: number;
  readonly #chance: () => number;
  readonly #timers = new TimerList();
  #elapsed = 0;
  #macrotasks = 0;
  /** How many have started it and not stopped it. */
  #starts = 0;
  #running = false;

  constructor(options: VirtualClockOptions = {}) {
    const { start = Date.UTC(2001, 0, 1), seed = 1, maxTimers = 1_000_000, patience = 1_000 } = options;
    this.#start = start;
    this.#maxTimers = maxTimers;
    this.#patience = patience;
    this.#chance = seededRandom(seed);
  }

  /** How many timers are set and have neither fired nor been cancelled. */
  get timers(): number {
    return this.#timers.size;
  }

  /** How many callbacks wait for the event loop to turn. */
  get macrotasks(): number {
    return this.#macrotasks;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** One of `Infinity` milliseconds never fires. */
  timer(callback: () => void, milliseconds: number): () => void {
    // Written so that NaN is no time, as platforms take it.
    const cancel = this.#timers.add(callback, this.#elapsed + (milliseconds > 0 ? milliseconds : 0));
    if (this.#starts > 0) void this.#runFreely();
    return cancel;
  }

  microtask(callback: () => void): void {
    systemRuntime.microtask(callback);
  }

  macrotask(callback: () => void): void {
    this.#macrotasks += 1;
    systemRuntime.macrotask(() => {
      this.#macrotasks -= 1;
      callback();
    });
  }

  asyncStore<Value>(): AsyncStore<Value> | undefined {
    return systemRuntime.asyncStore();
  }

  random(): number {
    return this.#chance();
  }

  randomId(): string {
    const half = () => Math.floor(this.#chance() * 2 ** 32);
    return (BigInt(half()) * 2n ** 32n + BigInt(half())).toString(36);
  }

  uncaught(error: unknown): void {
    this.uncaughtErrors.push(error);
  }

  log(error: unknown): void {
    this.loggedErrors.push(error);
  }

  /**
   * Lets time pass within the current turn, as work does that holds the event loop: both clocks go on, and what came due
   * meanwhile fires late, when time passes next.
   *
   * @throws {RangeError} when `milliseconds` is no finite number of at least 0.
   */
  spend(milliseconds: number): void {
    checkSpan(milliseconds);
    this.#elapsed += milliseconds;
  }

  /**
   * Lets time pass: fires the timers that come due, each at its time, also those set meanwhile. Before each, everything
   * runs that waits for no time.
   *
   * Rejects with what a timer throws; the time is then that timer's. Rejects with a RangeError when `milliseconds` is no
   * finite number of at least 0, and when timers of one time set each other without end.
   */
  async advance(milliseconds: number): Promise<void> {
    checkSpan(milliseconds);
    const until = this.#elapsed + milliseconds;
    await this.settle();
    for (let fired = 0; this.#due <= until; ) {
      if (this.#due > this.#elapsed) fired = 0;
      if (fired === this.#maxTimers)
        throw new RangeError(`${fired} timers have fired at one time, and more are set.`);
      fired += 1;
      this.#fire();
      await this.settle();
    }
    this.#reach(until);
  }

  /**
   * Lets time pass until no timer is set, or none that ever fires.
   *
   * Rejects with a RangeError after `maxTimers`: what sets a new one each time never ends; `advance` past it.
   */
  async run(): Promise<void> {
    await this.#fireUntil(() => this.#due === Number.POSITIVE_INFINITY);
  }

  /**
   * Lets just so much time pass that `promise` settles, and gives what it gives; or that `condition` gives something
   * truthy, looked at after each timer.
   *
   * Rejects with a RangeError when no timer is set that could bring it about, for as long as its patience lasts, and after `maxTimers`.
   *
   * @example
   * ```ts
   * await clock.until(client.on("room.opened", show).ready);
   * await clock.until(() => shown.length === 3);
   * ```
   */
  async until<T>(promise: PromiseLike<T>): Promise<T>;
  async until(condition: () => unknown): Promise<void>;
  async until<T>(awaited: PromiseLike<T> | (() => unknown)): Promise<T | undefined> {
    if (typeof awaited === "function") {
      await this.#fireUntil(awaited, "the condition holds");
      return undefined;
    }
    let settled = false;
    const settle = () => {
      settled = true;
    };
    awaited.then(settle, settle);
    await this.#fireUntil(() => settled, "the promise settles");
    return awaited;
  }

  /**
   * Lets time pass by itself from here on: it goes from timer to timer whenever nothing runs that waits for no time. For
   * code that waits in its own ways, such as vitest's `waitFor`. What a timer throws counts as uncaught on the platform.
   *
   * @returns what stops that; time passes by itself until all who started it have stopped it.
   *
   * @example
   * ```ts
   * const stop = clock.start();
   * await vi.waitFor(() => expect(seen).toHaveLength(24));
   * stop();
   * ```
   */
  start(): () => void {
    let stopped = false;
    this.#starts += 1;
    void this.#runFreely();
    return () => {
      if (!stopped) this.#starts -= 1;
      stopped = true;
    };
  }

  /** Lets the event loop turn once: what waits for it runs, what that sets waits for the next turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => systemRuntime.macrotask(resolve));
  }

  /** Resolves when everything has run that waits for no time: microtasks, and the macrotasks of this clock. */
  async settle(): Promise<void> {
    do await this.turn();
    while (this.#macrotasks > 0);
  }

  /** When the next timer fires. */
  get #due(): number {
    return this.#timers.next?.due ?? Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    const { callback, due } = this.#timers.take()!;
    this.#reach(due);
    callback();
  }

  /** Work that took its time may have brought the clocks further already. */
  #reach(time: number): void {
    this.#elapsed = Math.max(this.#elapsed, time);
  }

  async #fireUntil(reached: () => unknown, goal = "all have fired"): Promise<void> {
    await this.settle();
    for (let fired = 0; !reached(); fired++) {
      if (this.#due === Number.POSITIVE_INFINITY && !(await this.#waitsFor(reached))) {
        throw new RangeError(`No timer is set, so letting time pass does not help until ${goal}.`);
      }
      if (fired === this.#maxTimers)
        throw new RangeError(`${fired} timers have fired, and more are set, before ${goal}.`);
      if (reached()) return;
      this.#fire();
      await this.settle();
    }
  }

  /** Waits by the platform's time until there is a timer, or `reached` holds. */
  async #waitsFor(reached: () => unknown): Promise<boolean> {
    const end = systemRuntime.monotonic() + this.#patience;
    while (systemRuntime.monotonic() < end) {
      await new Promise<void>((resolve) => systemRuntime.timer(resolve, 1));
      await this.settle();
      if (reached() || this.#due < Number.POSITIVE_INFINITY) return true;
    }
    return false;
  }

  async #runFreely(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    await this.settle();
    while (this.#starts > 0 && this.#due < Number.POSITIVE_INFINITY) {
      try {
        this.#fire();
      } catch (error) {
        systemRuntime.uncaught(error);
      }
      await this.settle();
    }
    this.#running = false;
  }
}

/** @throws {RangeError} */
function checkSpan(milliseconds: number): void {
  if (milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY) return;
  throw new RangeError(`Time passes by a finite number of at least 0 milliseconds, not by ${milliseconds}.`);
}
