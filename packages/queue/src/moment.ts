/** A time of offers: those of one turn share it, so that it costs each of them no more than a reference. */
export class Moment {
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
  /** How many plain entries of it wait. */
  count = 0;

  constructor(at: number) {
    this.at = at;
  }
}
