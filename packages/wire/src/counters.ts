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

/** Counts; `total`, where given, counts along. */
export class Counting implements Counters {
  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  eventsIn = 0;
  eventsOut = 0;
  readonly refused: Record<string, number> = {};

  refuse(code: string): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1;
  }

  snapshot(): Counters {
    return { ...this, refused: { ...this.refused } };
  }
}
