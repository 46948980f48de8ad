/**
 * A run of rows of the flights file, one array a column: 10 bytes a flight, so that 272,727 flights read
 * ahead take 3 MB rather than the 60 MB of as many objects.
 */
export interface FlightRows {
  /** The row of the file that the first of these is. */
  readonly firstRow: number;
  readonly length: number;
  /** Departures in minutes since the Unix epoch, never falling. */
  readonly departure: Int32Array;
  /** Minutes late at the destination's gate; negative is early. */
  readonly delay: Int16Array;
  /** Miles. */
  readonly distance: Uint16Array;
  /** Places in `codes`. */
  readonly origin: Uint16Array;
  readonly destination: Uint16Array;
  /** IATA codes of the airports of these rows. */
  readonly codes: readonly string[];
}
