/**
 * When something was, by both clocks of the machine, in milliseconds and for all threads of a process: the one stands while the
 * machine sleeps, and the other may be set.
 */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export function moment(): Moment {
  return { wall: Date.now(), monotonic: Number(process.hrtime.bigint()) / 1e6 };
}

/** How long it is from one moment to a later one, by the clock that says more. */
export function timeBetween(from: Moment, to: Moment): number {
  return Math.max(to.wall - from.wall, to.monotonic - from.monotonic);
}
