import type { Runtime } from "@eventwire/core";

/** What has to be done within a time. */
export abstract class Timed {
  /** On the monotonic clock; `Infinity` where it has no end. */
  dueAt = Number.POSITIVE_INFINITY;
  /** Where it waits, while it does. */
  line: Line | undefined = undefined;
  before: Timed | undefined = undefined;
  after: Timed | undefined = undefined;

  /** Its time is over. */
  abstract late(): void;
}

/** What is called when its time is over. */
class Call extends Timed {
  readonly late: () => void;

  constructor(late: () => void) {
    super();
    this.late = late;
  }
}

/** What was given the same time: it is due in the order in which it came. */
class Line {
  readonly milliseconds: number;
  first: Timed | undefined = undefined;
  #last: Timed | undefined = undefined;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  push(timed: Timed): void {
    timed.line = this;
    timed.before = this.#last;
    if (this.#last) this.#last.after = timed;
    else this.first = timed;
    this.#last = timed;
  }

  remove(timed: Timed): void {
    const { before, after } = timed;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.#last = before;
    timed.line = undefined;
    timed.before = undefined;
    timed.after = undefined;
  }
}

/** Up to so many different times at once are kept to the millisecond. */
const exactTimes = 64;
/** Beyond them, how many there are from one power of two to the next. */
const timesAnOctave = 32;

/**
 * One timer for all that a hub or a client waits for. Most of it is given the same time, so that there is a line for each time: to
 * join and to leave one takes constant time, and the timer is set anew only for what is due before all else. When it rings, all lines are
 * looked at: where there are many, as peers may choose their times, what is nearly alike shares one, and may come late by a 32nd.
 */
export class Deadlines {
  readonly #runtime: Runtime;
  readonly #failed: (error: unknown) => void;
  /** By how many milliseconds they give. None is empty but the latest. */
  readonly #lines = new Map<number, Line>();
  #latest: Line | undefined;
  #count = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  /** @param failed told of what throws when it is late. */
  constructor(runtime: Runtime, failed: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#failed = failed;
  }

  /** As a runtime's: calls back once after so many milliseconds. @returns what cancels it. */
  timer(callback: () => void, milliseconds: number): () => void {
    const call = new Call(callback);
    this.add(call, milliseconds);
    return () => this.remove(call);
  }

  /** @param milliseconds rounded up, as timers are; `Infinity` for ever. */
  add(timed: Timed, milliseconds: number): void {
    if (milliseconds === Number.POSITIVE_INFINITY) return;
    const line = this.#line(Math.ceil(milliseconds));
    const now = this.#runtime.monotonic();
    timed.dueAt = now + line.milliseconds;
    line.push(timed);
    this.#count += 1;
    if (timed.dueAt < this.#wakeAt) this.#wake(timed.dueAt, now);
  }

  /** It was done in time, or has no end any more. */
  remove(timed: Timed): void {
    const { line } = timed;
    if (!line) return;
    line.remove(timed);
    if (line !== this.#latest) this.#forget(line);
    this.#count -= 1;
    // What was done in time leaves the timer to what came after it. It keeps a process alive, so that the last one takes it away.
    if (this.#count === 0) this.#rest();
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  #line(milliseconds: number): Line {
    const latest = this.#latest;
    if (latest?.milliseconds === milliseconds) return latest;
    let line = this.#lines.get(milliseconds);
    if (!line) {
      const time = this.#lines.size < exactTimes ? milliseconds : rounded(milliseconds);
      line = this.#lines.get(time) ?? new Line(time);
      this.#lines.set(time, line);
    }
    this.#latest = line;
    if (latest && latest !== line) this.#forget(latest);
    return line;
  }

  #forget(line: Line): void {
    if (!line.first) this.#lines.delete(line.milliseconds);
  }

  #wake(dueAt: number, now: number): void {
    this.#rest();
    this.#wakeAt = dueAt;
    this.#cancel = this.#runtime.timer(() => this.#ring(), Math.max(0, Math.ceil(dueAt - now)));
  }

  #ring(): void {
    this.#rest();
    const now = this.#runtime.monotonic();
    const due: Timed[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const { first } of this.#lines.values()) {
      let timed = first;
      for (; timed && timed.dueAt <= now; timed = timed.after) due.push(timed);
      if (timed) next = Math.min(next, timed.dueAt);
    }
    if (next < Number.POSITIVE_INFINITY) this.#wake(next, now);
    for (const timed of due.sort((one, other) => one.dueAt - other.dueAt)) {
      // One before it may have ended it.
      if (!timed.line) continue;
      this.remove(timed);
      try {
        timed.late();
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}

/** The next time of those that there are many of. */
function rounded(milliseconds: number): number {
  const step = 2 ** Math.floor(Math.log2(milliseconds)) / timesAnOctave;
  return step > 1 ? Math.ceil(milliseconds / step) * step : milliseconds;
}
