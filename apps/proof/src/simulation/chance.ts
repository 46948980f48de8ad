import { seededRandom } from "@eventwire/queue/virtual-clock";

/** Everything that is left to chance, from one seed. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    // Seeds that follow each other would begin alike.
    this.#random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
  }

  /** At least 0 and less than 1. */
  next(): number {
    return this.#random();
  }

  /** Whether something of that probability happens. */
  of(probability: number): boolean {
    return this.#random() < probability;
  }

  between(least: number, most: number): number {
    return least + this.#random() * (most - least);
  }

  /** A whole number from 0 to `most`. */
  upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1));
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  pick<Item>(items: readonly Item[]): Item | undefined;
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  /** Mostly short, sometimes long, around `mean`. */
  span(mean: number): number {
    return -Math.log(1 - this.#random()) * mean;
  }

  id(): string {
    const part = () => Math.floor(this.#random() * 2 ** 32).toString(36);
    return `${part()}${part()}`;
  }
}
