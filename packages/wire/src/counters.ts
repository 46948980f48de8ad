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
  readonly #all: Counting | undefined;
  // A Map, for a declared error may be named as a member of every object is. Most peers have none.
  #refused: Map<string, number> | undefined;

  /** @param all counts the same for all connections together. */
  constructor(all?: Counting) {
    this.#all = all;
  }

  get refused(): Readonly<Record<string, number>> {
    return this.#refused ? Object.fromEntries(this.#refused) : {};
  }

  frameCame(bytes: number): void {
    this.framesIn += 1;
    this.bytesIn += bytes;
    this.#all?.frameCame(bytes);
  }

  frameLeft(bytes: number): void {
    this.framesOut += 1;
    this.bytesOut += bytes;
    this.#all?.frameLeft(bytes);
  }

  eventsCame(count: number): void {
    this.eventsIn += count;
    this.#all?.eventsCame(count);
  }

  eventLeft(): void {
    this.eventsOut += 1;
    this.#all?.eventLeft();
  }

  refuse(code: string): void {
    this.#refused ??= new Map();
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
    this.#all?.refuse(code);
  }

  snapshot(): Counters {
    return { ...this, refused: this.refused };
  }
}
