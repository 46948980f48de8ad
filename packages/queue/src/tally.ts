/** What a queue counts. */
export class Tally {
  inFlight = 0;
  offered = 0;
  done = 0;
  failed = 0;
  retried = 0;
  dropped = 0;
}
