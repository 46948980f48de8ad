import { isIntact, type Position } from "./positions.js";

/** Checks that positions come as they were sent: each equal, once, and in the order of their numbers. */
export class Sequence {
  readonly #isDue: (number: number) => boolean;
  #next = 0;

  /** @param isDue which numbers are due, of any two in a row at least one. */
  constructor(isDue: (number: number) => boolean = () => true) {
    this.#isDue = isDue;
  }

  /** @returns what is wrong, if anything. */
  take(position: Position): string | undefined {
    if (!this.#isDue(this.#next)) this.#next += 1;
    const due = this.#next++;
    if (position.number === due && isIntact(position)) return undefined;
    return `Position ${due} was due, and came as ${JSON.stringify(position)}.`;
  }
}
