import { Aircraft } from "./aircraft.js";
import { AirportTraffic } from "./airport-traffic.js";
import type { Flight } from "./flight.js";
import { MinHeap } from "./min-heap.js";
import type { Timetable } from "./timetable.js";

/** Something that happened in the replay. */
export interface ReplayEvent {
  readonly kind: "departed" | "arrived";
  readonly aircraft: Aircraft;
}

/**
 * The air traffic of a timetable, moved forward in simulated time.
 *
 * Deterministic: it has no clock and no chance of its own, and the same timetable advanced to the same
 * moment, in however many steps, has seen the same events in the same order.
 */
export class Replay {
  readonly #timetable: Timetable;
  readonly #landings = new MinHeap<Aircraft>(
    (a, b) => a.flight.arrivesAt - b.flight.arrivesAt || a.flight.row - b.flight.row,
  );
  readonly #airborne = new Set<Aircraft>();
  readonly #traffic = new Map<string, AirportTraffic>();
  #upcoming: Flight | undefined;
  #time = Number.NEGATIVE_INFINITY;
  #departed = 0;

  constructor(timetable: Timetable) {
    this.#timetable = timetable;
  }

  /** The simulated moment that has been reached: everything up to and with it has happened. */
  get time(): number {
    return this.#time;
  }

  /** Flights that have taken off, those in the air and those that have landed. */
  get departed(): number {
    return this.#departed;
  }

  /** The aircraft in the air, in the order of their departures. */
  get airborne(): ReadonlySet<Aircraft> {
    return this.#airborne;
  }

  /** Flights left out because an airport has no coordinates. */
  get unplaced(): number {
    return this.#timetable.unplaced;
  }

  /** True when the last flight of the timetable has landed. */
  get finished(): boolean {
    return (
      this.#timetable.knownUntil === Number.POSITIVE_INFINITY &&
      !this.#peek(Number.POSITIVE_INFINITY) &&
      this.#airborne.size === 0
    );
  }

  /** What an airport has seen so far; undefined when no flight has come or gone. */
  traffic(airport: string): AirportTraffic | undefined {
    return this.#traffic.get(airport);
  }

  /**
   * Moves on to a simulated moment, or as far as the timetable is known, and tells what happened on the way
   * in the order of time. `time` says how far it came; a moment that has passed changes nothing.
   */
  advance(to: number): ReplayEvent[] {
    const until = Math.min(to, this.#timetable.knownUntil);
    const events: ReplayEvent[] = [];
    // Not when equal: more flights of the very moment that was reached may have become known.
    if (until < this.#time) return events;
    for (;;) {
      const departsAt = this.#peek(until)?.departedAt ?? Number.POSITIVE_INFINITY;
      const landsAt = this.#landings.peek()?.flight.arrivesAt ?? Number.POSITIVE_INFINITY;
      if (Math.min(departsAt, landsAt) > until) break;
      events.push(landsAt <= departsAt ? this.#land() : this.#depart());
    }
    this.#time = until;
    return events;
  }

  #peek(until: number): Flight | undefined {
    this.#upcoming ??= this.#timetable.next(until);
    return this.#upcoming;
  }

  #depart(): ReplayEvent {
    const flight = this.#upcoming!;
    const aircraft = new Aircraft(flight);
    this.#upcoming = undefined;
    this.#departed += 1;
    this.#airborne.add(aircraft);
    this.#landings.push(aircraft);
    this.#trafficAt(flight.origin.code).left(flight);
    this.#trafficAt(flight.destination.code).expected();
    return { kind: "departed", aircraft };
  }

  #land(): ReplayEvent {
    const aircraft = this.#landings.pop()!;
    this.#airborne.delete(aircraft);
    this.#trafficAt(aircraft.flight.destination.code).reached();
    return { kind: "arrived", aircraft };
  }

  #trafficAt(airport: string): AirportTraffic {
    const traffic = this.#traffic.get(airport) ?? new AirportTraffic();
    this.#traffic.set(airport, traffic);
    return traffic;
  }
}
