import type { Fleet } from "./motion/fleet.js";
import type { FrameTimes } from "./motion/frame-times.js";
import type { SimulatedClock } from "./motion/simulated-clock.js";
import type { MovementCount, MovementTally } from "./movement-tally.js";

/** What the page shows, in numbers: for tests and for the curious at the console. It cannot change anything. */
export interface FlightsObservation {
  /** Every aircraft on the map and where, in map units (975 by 610). */
  positions(): readonly { readonly flight: string; readonly x: number; readonly y: number }[];
  /** Milliseconds between the last frames, the oldest first. */
  frameTimes(): readonly number[];
  /** Departures and arrivals received, and how many of them were missing or came twice. */
  movements(): MovementCount;
  /** Milliseconds since the Unix epoch, in simulated time. */
  simulatedTime(): number;
}

interface ObservedParts {
  readonly fleet: Fleet;
  readonly clock: SimulatedClock;
  readonly frameTimes: FrameTimes;
  readonly tally: MovementTally;
}

declare global {
  interface Window {
    readonly flights: FlightsObservation;
  }
}

/** Offers `window.flights`. */
export function observePage({ fleet, clock, frameTimes, tally }: ObservedParts): void {
  const flights: FlightsObservation = Object.freeze({
    positions: () => [...fleet.aircraft.values()].map(({ flight, x, y }) => ({ flight, x, y })),
    frameTimes: () => frameTimes.read(),
    movements: () => tally.count,
    simulatedTime: () => clock.read(performance.now()),
  });
  Object.defineProperty(window, "flights", { value: flights });
}
