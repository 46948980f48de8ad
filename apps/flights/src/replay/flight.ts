import type { Airport } from "../data/airports.js";

/** One flight, as the replay flies it. Times are in milliseconds on the replay's one clock. */
export interface Flight {
  /** The row of the file, counted from 0. */
  readonly row: number;
  readonly origin: Airport;
  readonly destination: Airport;
  readonly departedAt: number;
  readonly arrivesAt: number;
  /** Minutes late at the destination's gate; negative is early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
}

const GROUND_MINUTES = 30;
const CRUISE_MILES_PER_HOUR = 450;

/**
 * How long a flight takes from gate to gate, in milliseconds: half an hour for taxiing, climb and descent,
 * and the distance at 450 mph. The file does not say; New York to Los Angeles comes out as 6 hours.
 */
export function estimateDuration(miles: number): number {
  return Math.round((GROUND_MINUTES + (miles / CRUISE_MILES_PER_HOUR) * 60) * 60_000);
}
