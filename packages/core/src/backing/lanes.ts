import type { Key } from "../key.js";

/** How long to wait before it is tried again; `undefined` when it is over. */
export type Outcome = number | undefined;

/** What is in order by its key, or by its name where it has none. */
export interface Laned {
  readonly name: string;
  readonly key: Key | undefined;
}

export interface LanesOptions<Item extends Laned> {
  /** How many are worked on at once. */
  readonly concurrency: number;
  /** Works on one. Neither throws nor rejects. */
  readonly work: (item: Item) => Outcome | Promise<Outcome>;
  /** Calls `then` after so many milliseconds. */
  readonly after: (milliseconds: number, then: () => void, item: Item) => void;
  /** Told when one is over. */
  readonly onOver: (item: Item) => void;
}

/** An item, and when it came. */
interface Placed<Item> {
  readonly item: Item;
  readonly place: number;
}

/** A key that is under way or held up. */
interface Lane<Item> {
  /** What waits behind. */
  readonly waiting: Placed<Item>[];
  /** Whether the first waits to be tried again. */
  resting: boolean;
}

/**
 * Works on items in the order in which they came: of a key one at a time, of different keys at once. Of those that could be
 * begun the oldest is, so that one at a time is the order in which they came. One that is tried again holds up its key only.
 */
export class Lanes<Item extends Laned> {
  readonly #options: LanesOptions<Item>;
  readonly #lanes = new Map<string, Lane<Item>>();
  /** The oldest first. */
  #ready: Placed<Item>[] = [];
  #place = 0;
  #running = 0;
  #held = 0;
  #resting = 0;
  #starting = false;
  #stopped = false;

  constructor(options: LanesOptions<Item>) {
    this.#options = options;
  }

  /** How many were put in and are not over. */
  get held(): number {
    return this.#held;
  }

  /** How many of them no other try holds up. */
  get flowing(): number {
    return this.#held - this.#resting;
  }

  put(item: Item): void {
    this.#held += 1;
    const name = laneOf(item);
    const lane = this.#lanes.get(name);
    const placed = { item, place: ++this.#place };
    if (!lane) {
      this.#lanes.set(name, { waiting: [], resting: false });
      this.#start(placed);
      return;
    }
    lane.waiting.push(placed);
    if (lane.resting) this.#resting += 1;
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#ready = [];
  }

  #start(placed?: Placed<Item>): void {
    if (placed) this.#line(placed);
    // What is over at once must not nest its next ones, however many they are.
    if (this.#starting) return;
    this.#starting = true;
    while (this.#running < this.#options.concurrency) {
      const next = this.#ready.shift();
      if (!next) break;
      this.#running += 1;
      const outcome = this.#options.work(next.item);
      if (typeof outcome === "object") void outcome.then((late) => this.#worked(next, late));
      else this.#worked(next, outcome);
    }
    this.#starting = false;
  }

  /** What comes to be ready late goes before what has come after it. */
  #line(placed: Placed<Item>): void {
    let index = this.#ready.length;
    while (index > 0 && this.#ready[index - 1]!.place > placed.place) index -= 1;
    this.#ready.splice(index, 0, placed);
  }

  #worked(placed: Placed<Item>, outcome: Outcome): void {
    const { item } = placed;
    this.#running -= 1;
    const name = laneOf(item);
    const lane = this.#lanes.get(name)!;
    if (outcome !== undefined) {
      this.#rest(lane, placed, outcome);
      this.#start();
      return;
    }
    this.#held -= 1;
    const next = lane.waiting.shift();
    if (next) this.#line(next);
    else this.#lanes.delete(name);
    this.#options.onOver(item);
    if (!this.#stopped) this.#start();
  }

  #rest(lane: Lane<Item>, placed: Placed<Item>, milliseconds: number): void {
    lane.resting = true;
    this.#resting += 1 + lane.waiting.length;
    const goOn = () => {
      lane.resting = false;
      this.#resting -= 1 + lane.waiting.length;
      if (!this.#stopped) this.#start(placed);
    };
    this.#options.after(milliseconds, goOn, placed.item);
  }
}

/** Items without a key are in order by name. */
function laneOf({ name, key }: Laned): string {
  if (key === undefined) return `@${name}`;
  return typeof key === "number" ? `#${key}` : `$${key}`;
}
