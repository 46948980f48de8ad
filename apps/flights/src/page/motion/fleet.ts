import { type Place as GlobePlace, GreatCircle } from "../../replay/great-circle.js";
import type { Airport } from "../atlas/airport.js";
import { type DelayLevel, delayLevel } from "./delay-level.js";
import { createRoute, locate, type Place, type Route } from "./route.js";

/** What departures and positions both say about a flight. */
export interface Flight {
  readonly flight: string;
  readonly origin: string;
  readonly destination: string;
  readonly departedAt: number;
  readonly arrivesAt: number;
  /** Minutes late; negative is early. */
  readonly delay: number;
}

/** A reported place of a flight, at a simulated moment. */
export interface Report extends Flight, GlobePlace {
  readonly at: number;
}

/** One aircraft in the air and where the map shows it, in map units. */
export interface Aircraft extends Place {
  readonly flight: string;
  readonly origin: Airport;
  readonly destination: Airport;
  readonly departedAt: number;
  readonly arrivesAt: number;
  readonly delay: number;
  readonly level: DelayLevel;
  readonly route: Route;
  /** The share of the way flown, 0 to 1. */
  progress: number;
}

interface Tracked extends Aircraft {
  /** How far ahead of its timetable the aircraft was reported, as a share of the way, and as shown. */
  reportedLead: number;
  shownLead: number;
  heardAt: number;
}

/** Real milliseconds of running time after which an aircraft that nobody reports is dropped. */
const SILENCE = 15_000;
/** Real milliseconds after which an aircraft that should have landed is dropped. */
const OVERDUE = 5_000;
/** Real milliseconds in which most of a correction is made. */
const EASE = 900;
/** Landed flights remembered, since a position may arrive after the landing that it precedes. */
const LANDED = 4_000;

/** Every aircraft in the air: learned from events, moved by the clock, corrected by reports. */
export class Fleet {
  readonly #aircraft = new Map<string, Tracked>();
  readonly #landed = new Set<string>();
  readonly #routes = new Map<string, Route | undefined>();
  readonly #airportOf: (code: string) => Airport | undefined;
  #running = 0;

  constructor(airportOf: (code: string) => Airport | undefined) {
    this.#airportOf = airportOf;
  }

  /** The aircraft in the air, in no order. */
  get aircraft(): ReadonlyMap<string, Aircraft> {
    return this.#aircraft;
  }

  /** Real milliseconds for which the replay has run: the age of what was heard. */
  get running(): number {
    return this.#running;
  }

  /** Adds an aircraft that took off. */
  depart(flight: Flight): void {
    this.#heard(flight);
  }

  /** Corrects where an aircraft is, adding it if it is new. */
  report(report: Report): void {
    const tracked = this.#heard(report);
    if (tracked === undefined) return;
    const { origin, route, departedAt, arrivesAt } = tracked;
    const flown = route.angle === 0 ? 1 : new GreatCircle(origin, report).angle / route.angle;
    tracked.reportedLead = flown - (report.at - departedAt) / (arrivesAt - departedAt);
  }

  /** Removes an aircraft that landed. */
  land(flight: string): void {
    this.#aircraft.delete(flight);
    this.#landed.add(flight);
    if (this.#landed.size <= LANDED) return;
    for (const oldest of this.#landed) {
      this.#landed.delete(oldest);
      break;
    }
  }

  /** Takes a whole picture: whoever is missing from it and was not heard since `running` has gone. */
  reconcile(reports: readonly Report[], since: number): void {
    this.#landed.clear();
    for (const report of reports) this.report(report);
    const present = new Set(reports.map(({ flight }) => flight));
    for (const [flight, { heardAt }] of this.#aircraft) {
      if (heardAt < since && !present.has(flight)) this.#aircraft.delete(flight);
    }
  }

  /** Moves every aircraft to a simulated time, `elapsed` real milliseconds after the last move. */
  advance(time: number, elapsed: number, speed: number): void {
    const running = speed > 0;
    if (running) this.#running += elapsed;
    const ease = 1 - Math.exp(-elapsed / EASE);
    for (const [flight, tracked] of this.#aircraft) {
      const { departedAt, arrivesAt } = tracked;
      const overdue = time - arrivesAt > speed * OVERDUE;
      if (running && (overdue || this.#running - tracked.heardAt > SILENCE)) {
        this.#aircraft.delete(flight);
        continue;
      }
      tracked.shownLead += (tracked.reportedLead - tracked.shownLead) * ease;
      const share = (time - departedAt) / (arrivesAt - departedAt) + tracked.shownLead;
      tracked.progress = Math.min(1, Math.max(0, share));
      locate(tracked.route, tracked.progress, tracked);
    }
  }

  #heard(flight: Flight): Tracked | undefined {
    const known = this.#aircraft.get(flight.flight);
    if (known?.departedAt === flight.departedAt) {
      known.heardAt = this.#running;
      return known;
    }
    const { origin, destination, departedAt, arrivesAt, delay } = flight;
    const from = this.#airportOf(origin);
    const to = this.#airportOf(destination);
    const route = from && to && this.#route(from, to);
    if (route === undefined || this.#landed.has(flight.flight) || arrivesAt <= departedAt) return undefined;
    const tracked: Tracked = {
      flight: flight.flight,
      origin: from!,
      destination: to!,
      departedAt,
      arrivesAt,
      delay,
      level: delayLevel(delay),
      route,
      progress: 0,
      reportedLead: 0,
      shownLead: 0,
      heardAt: this.#running,
      x: 0,
      y: 0,
      bearing: 0,
    };
    locate(route, 0, tracked);
    this.#aircraft.set(flight.flight, tracked);
    return tracked;
  }

  #route(origin: Airport, destination: Airport): Route | undefined {
    const key = `${origin.code}-${destination.code}`;
    if (!this.#routes.has(key)) this.#routes.set(key, createRoute(origin, destination));
    return this.#routes.get(key);
  }
}
