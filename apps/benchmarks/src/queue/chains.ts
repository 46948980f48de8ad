import type { Point } from "../emit/points.js";

/** The entries of one key that wait, oldest first; the first may be worked on. */
export interface Chain {
  readonly key: number;
  readonly points: Point[];
  /** How often the first has failed. */
  failures: number;
}

/**
 * Orders by key what a queue of turns does in any order: a key that has entries has one turn, waiting or under way, and
 * gets the next when that is over. For queues that know no keys.
 */
export class Chains {
  readonly #byKey = new Map<number, Chain>();
  readonly #pushTurn: (chain: Chain) => void;

  /** @param pushTurn puts the turn of a chain into the queue, which works on the chain's first point. */
  constructor(pushTurn: (chain: Chain) => void) {
    this.#pushTurn = pushTurn;
  }

  add(point: Point): void {
    const chain = this.#byKey.get(point.id);
    if (chain) {
      chain.points.push(point);
      return;
    }
    const first: Chain = { key: point.id, points: [point], failures: 0 };
    this.#byKey.set(point.id, first);
    this.#pushTurn(first);
  }

  /** The first of the chain is done with: its next gets a turn. */
  shift(chain: Chain): void {
    chain.points.shift();
    chain.failures = 0;
    if (chain.points.length > 0) this.#pushTurn(chain);
    else this.#byKey.delete(chain.key);
  }
}
