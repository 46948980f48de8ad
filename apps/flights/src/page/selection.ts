import { BehaviorSubject } from "rxjs";
import type { Airport } from "./atlas/airport.js";

/** What the reader has chosen, shared by the map, the board and the airport panel. */
export interface Selection {
  readonly airport: BehaviorSubject<Airport | undefined>;
  /** The flight that is shown until another is chosen, and the one under the pointer: ids. */
  readonly flight: BehaviorSubject<string | undefined>;
  readonly hovered: BehaviorSubject<string | undefined>;
}

export const createSelection = (): Selection => ({
  airport: new BehaviorSubject<Airport | undefined>(undefined),
  flight: new BehaviorSubject<string | undefined>(undefined),
  hovered: new BehaviorSubject<string | undefined>(undefined),
});
