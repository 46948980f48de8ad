import type { Airports } from "../data/airports.js";
import type { FlightRows } from "../data/flight-rows.js";
import { estimateDuration, type Flight } from "./flight.js";

/** Flights in the order of their departures, as far as they have been read. */
export interface Timetable {
  /**
   * Every flight departing before this moment is known, and those that follow depart then or later; Infinity
   * when no more will come.
   */
  readonly knownUntil: number;
  /** Flights passed over because an airport has no coordinates. */
  readonly unplaced: number;
  /** Takes the next flight that departs up to and with a moment; undefined when there is none. */
  next(until: number): Flight | undefined;
  /** Resolves when what is being read ahead is known, or could not be read. */
  read(): Promise<void>;
}

const MINUTE = 60_000;

/**
 * A timetable that holds one run of rows and reads the next ahead of need.
 *
 * A failure to read comes out of `next`, for a flight that cannot be read must not look like an empty sky.
 *
 * @example
 * const timetable = await ReadAheadTimetable.open((await openFlightFile()).read(), await loadAirports());
 */
export class ReadAheadTimetable implements Timetable, AsyncDisposable {
  readonly #source: AsyncGenerator<FlightRows, void, undefined>;
  readonly #airports: Airports;
  #current: FlightRows | undefined;
  #ahead: FlightRows | undefined;
  #place = 0;
  #ended = false;
  #failure: unknown;
  #reading: Promise<void> = Promise.resolve();
  #unplaced = 0;

  private constructor(source: AsyncGenerator<FlightRows, void, undefined>, airports: Airports) {
    this.#source = source;
    this.#airports = airports;
  }

  /** Reads the first run of rows, and goes on reading the second behind. */
  static async open(
    source: AsyncGenerator<FlightRows, void, undefined>,
    airports: Airports,
  ): Promise<ReadAheadTimetable> {
    const timetable = new ReadAheadTimetable(source, airports);
    await timetable.#readAhead();
    timetable.#turnOver();
    return timetable;
  }

  get knownUntil(): number {
    if (this.#ended) return Number.POSITIVE_INFINITY;
    const last = (this.#ahead ?? this.#current)?.departure.at(-1);
    return last === undefined ? Number.NEGATIVE_INFINITY : last * MINUTE;
  }

  get unplaced(): number {
    return this.#unplaced;
  }

  next(until: number): Flight | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    for (let rows = this.#rows(); rows; rows = this.#rows()) {
      const departedAt = rows.departure[this.#place]! * MINUTE;
      if (departedAt > until) return undefined;
      const flight = this.#flight(rows, this.#place, departedAt);
      this.#place += 1;
      if (flight) return flight;
      this.#unplaced += 1;
    }
    return undefined;
  }

  read(): Promise<void> {
    return this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.return();
  }

  /** The rows at hand, the next ones when these are used up; undefined while those are being read. */
  #rows(): FlightRows | undefined {
    if (this.#current && this.#place < this.#current.length) return this.#current;
    return this.#turnOver();
  }

  #turnOver(): FlightRows | undefined {
    if (!this.#ahead) return undefined;
    this.#current = this.#ahead;
    this.#ahead = undefined;
    this.#place = 0;
    this.#reading = this.#readAhead().catch((failure: unknown) => {
      this.#failure = failure;
    });
    return this.#current;
  }

  async #readAhead(): Promise<void> {
    const { value, done } = await this.#source.next();
    if (done) this.#ended = true;
    else this.#ahead = value;
  }

  #flight(rows: FlightRows, place: number, departedAt: number): Flight | undefined {
    const origin = this.#airports.get(rows.codes[rows.origin[place]!]!);
    const destination = this.#airports.get(rows.codes[rows.destination[place]!]!);
    if (!origin || !destination) return undefined;
    const distance = rows.distance[place]!;
    return {
      row: rows.firstRow + place,
      origin,
      destination,
      departedAt,
      arrivesAt: departedAt + estimateDuration(distance),
      delay: rows.delay[place]!,
      distance,
    };
  }
}
