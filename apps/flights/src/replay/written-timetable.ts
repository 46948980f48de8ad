import type { Airport } from "../data/airports.js";
import type { Flight } from "./flight.js";
import type { Timetable } from "./timetable.js";

/** A timetable written by hand, for tests. */
export class WrittenTimetable implements Timetable {
  knownUntil: number;
  unplaced = 0;
  readonly #flights: Flight[];

  /**
   * @param written flights in the order of their departures.
   * @param knownUntil until it is read ahead.
   */
  constructor(written: readonly Flight[], knownUntil = Number.POSITIVE_INFINITY) {
    this.#flights = [...written];
    this.knownUntil = knownUntil;
  }

  write(flight: Flight): void {
    this.#flights.push(flight);
  }

  next(until: number): Flight | undefined {
    const next = this.#flights[0];
    return next && next.departedAt <= until ? this.#flights.shift() : undefined;
  }

  async read(): Promise<void> {
    this.knownUntil = Number.POSITIVE_INFINITY;
  }
}

/** An airport with nothing but its place, for tests. */
export function airportAt(code: string, latitude: number, longitude: number): Airport {
  return { code, name: code, city: code, state: "XX", latitude, longitude };
}
