import type { Flight } from "./flight.js";

/** How many flights went from one airport to another. */
export interface Destination {
  readonly airport: string;
  readonly departures: number;
}

/** What one airport has seen since the replay's first midnight. */
export class AirportTraffic {
  #departures = 0;
  #arrivals = 0;
  #inbound = 0;
  #delay = 0;
  readonly #destinations = new Map<string, number>();

  get departures(): number {
    return this.#departures;
  }

  get arrivals(): number {
    return this.#arrivals;
  }

  /** Aircraft in the air on their way here. */
  get inbound(): number {
    return this.#inbound;
  }

  /** Minutes that the flights from here were late at their destinations, on average; 0 without flights. */
  get meanDelay(): number {
    return this.#departures === 0 ? 0 : this.#delay / this.#departures;
  }

  /** The airports most flown to from here, most first. */
  busiest(count: number): Destination[] {
    return Array.from(this.#destinations, ([airport, departures]) => ({ airport, departures }))
      .sort((a, b) => b.departures - a.departures || a.airport.localeCompare(b.airport))
      .slice(0, count);
  }

  /** A flight left here. */
  left(flight: Flight): void {
    const destination = flight.destination.code;
    this.#departures += 1;
    this.#delay += flight.delay;
    this.#destinations.set(destination, (this.#destinations.get(destination) ?? 0) + 1);
  }

  /** A flight took off towards here. */
  expected(): void {
    this.#inbound += 1;
  }

  /** A flight that was expected landed here. */
  reached(): void {
    this.#inbound -= 1;
    this.#arrivals += 1;
  }
}
