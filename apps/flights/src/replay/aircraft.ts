import type { Flight } from "./flight.js";
import { GreatCircle, type Waypoint } from "./great-circle.js";

/** An aircraft on its flight, and where it is at any moment of it. */
export class Aircraft {
  readonly flight: Flight;
  readonly #way: GreatCircle;

  constructor(flight: Flight) {
    this.flight = flight;
    this.#way = new GreatCircle(flight.origin, flight.destination);
  }

  /** The place and heading at a simulated moment; at the gate before departure and after arrival. */
  at(time: number): Waypoint {
    const { departedAt, arrivesAt } = this.flight;
    return this.#way.at(Math.min(1, Math.max(0, (time - departedAt) / (arrivesAt - departedAt))));
  }
}
