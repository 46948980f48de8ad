/** What has crossed a connection since it was made, or all connections of a hub. */
export interface Counters {
  readonly framesIn: number;
  readonly framesOut: number;
  /** As given to the link: before a transport's own framing and compression. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly eventsIn: number;
  readonly eventsOut: number;
  /** Messages of the other side that were refused, by the code of the error that it was sent. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Counts what crosses a connection. */
export class Counting implements Counters {
  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  eventsIn = 0;
  eventsOut = 0;
  // A Map, for a declared error may be named as a member of every object is.
  readonly #refused = new Map<string, number>();

  get refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refused);
  }

  refuse(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  snapshot(): Counters {
    return { ...this, refused: this.refused };
  }
}
