import type { Offset } from "@eventwire/core";

/** What has come of the hub's log since the page was first opened in its tab. */
export interface MovementCount {
  readonly received: number;
  /** Running numbers that were passed over. */
  readonly missing: number;
  /** Running numbers that came again. */
  readonly repeated: number;
}

/** A tally as it is kept while its page is loaded anew. */
export interface KeptTally extends MovementCount {
  /** The running number of the last movement. */
  readonly last: number;
  /** After which place the page reads when it is loaded again: so that it has the latest movements at once. */
  readonly since: Offset;
  /** The place of the last movement. */
  readonly until: Offset;
}

/** Movements that a page reads once more when it is loaded again: enough to fill the departures board. */
const REREAD = 100;

const KEY = "eventwire-flights-movements";

/** What this tab kept when its page was left; undefined where it had none. */
export function keptTally(): KeptTally | undefined {
  const kept = sessionStorage.getItem(KEY);
  return kept === null ? undefined : JSON.parse(kept);
}

/** Keeps a tally whenever the page is left. */
export function keepTally(tally: MovementTally): void {
  addEventListener("pagehide", () => {
    if (tally.kept) sessionStorage.setItem(KEY, JSON.stringify(tally.kept));
  });
}

/**
 * Counts movements by their running numbers, which the hub gives without a hole: so a hole here is a movement that was lost, and a
 * number that does not rise is one that came twice. A page that is loaded again goes on counting where it was; what it
 * reads again up to there is counted already.
 */
export class MovementTally {
  #last: number | undefined;
  #received: number;
  #missing: number;
  #repeated: number;
  #places: Offset[];
  #rereading: boolean;

  constructor(kept?: KeptTally) {
    this.#last = kept?.last;
    this.#received = kept?.received ?? 0;
    this.#missing = kept?.missing ?? 0;
    this.#repeated = kept?.repeated ?? 0;
    this.#places = [];
    this.#rereading = kept !== undefined;
  }

  get count(): MovementCount {
    return { received: this.#received, missing: this.#missing, repeated: this.#repeated };
  }

  /** What the page keeps to go on with; undefined before anything came. */
  get kept(): KeptTally | undefined {
    const last = this.#last;
    const since = this.#places[0];
    const until = this.#places.at(-1);
    if (last === undefined || since === undefined || until === undefined) return undefined;
    return { ...this.count, last, since, until };
  }

  add(number: number, place: Offset): void {
    this.#places.push(place);
    if (this.#places.length > REREAD) this.#places.shift();
    const last = this.#last ?? number - 1;
    if (number <= last) {
      if (!this.#rereading) this.#repeated += 1;
      return;
    }
    this.#rereading = false;
    this.#missing += number - last - 1;
    this.#received += 1;
    this.#last = number;
  }

  /** The log is another one: its numbers say nothing about those before. */
  startAnew(): void {
    this.#last = undefined;
    this.#rereading = false;
    this.#places = [];
  }
}
