/** The time that a harness's adapters go by, where a suite is to let it pass. A `VirtualClock` is one. */
export interface HarnessClock {
  /** In milliseconds since the Unix epoch. */
  now(): number;
  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): Promise<void>;
}
