import type { Point, Region } from "./projection.js";

/** An airport of the replay, as the page knows it. */
export interface Airport {
  /** IATA code. */
  readonly code: string;
  readonly name: string;
  readonly city: string;
  /** Postal code of the state or territory. */
  readonly state: string;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Its place among all airports by departures in the file; 0 is the busiest. */
  readonly rank: number;
  /** Where the map shows it; undefined if it lies beyond the map. */
  readonly place: { readonly region: Region; readonly point: Point } | undefined;
}
