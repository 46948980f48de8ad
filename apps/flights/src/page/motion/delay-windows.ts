import { distinctUntilChanged, filter, groupBy, map, mergeMap, type Observable, scan, share } from "rxjs";

/** Departures of one stretch of simulated time, summed up. */
export interface DelayWindow {
  /** When it begins: milliseconds of simulated time. */
  readonly start: number;
  readonly departures: number;
  /** Minutes; early departures count as 0. */
  readonly meanDelay: number;
  /** The share that left more than 15 minutes late, 0 to 1. */
  readonly shareLate: number;
}

interface Departed {
  readonly departedAt: number;
  readonly delay: number;
}

/** The length of a window: a quarter of an hour of simulated time. */
export const WINDOW = 15 * 60_000;
const LATE = 15;

/**
 * Gathers departures into windows by simulated time, and tells a window anew with each departure in it. A window
 * ends once a departure comes from the one after the next, so that stragglers still find theirs.
 */
export function delayWindows(departures: Observable<Departed>): Observable<DelayWindow> {
  const shared = departures.pipe(share());
  const starts = shared.pipe(map(windowStart), distinctUntilChanged());
  return shared.pipe(
    groupBy(windowStart, {
      duration: ({ key }) => starts.pipe(filter((start) => start > key + WINDOW)),
    }),
    mergeMap((group) => group.pipe(scan(add, empty(group.key)))),
  );
}

const windowStart = ({ departedAt }: Departed): number => Math.floor(departedAt / WINDOW) * WINDOW;

const empty = (start: number): DelayWindow => ({ start, departures: 0, meanDelay: 0, shareLate: 0 });

function add(window: DelayWindow, { delay }: Departed): DelayWindow {
  const departures = window.departures + 1;
  const mean = (before: number, value: number) => before + (value - before) / departures;
  return {
    start: window.start,
    departures,
    meanDelay: mean(window.meanDelay, Math.max(0, delay)),
    shareLate: mean(window.shareLate, delay > LATE ? 1 : 0),
  };
}
