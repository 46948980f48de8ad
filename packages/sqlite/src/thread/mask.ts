/** A set of numbers modulo 64, as SQLite's integers keep it: where it has a number, the set may hold it. */
export class Mask {
  // In halves: to make a BigInt of each number would take longer than all the rest.
  #low = 0;
  #high = 0;

  static of(numbers: Iterable<number>): bigint {
    const mask = new Mask();
    for (const number of numbers) mask.add(number);
    return mask.value;
  }

  get value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low >>> 0);
  }

  add(number: number): void {
    const bit = 1 << (number & 31);
    if ((number & 32) === 0) this.#low |= bit;
    else this.#high |= bit;
  }
}

/** Has every number. */
export const everything = -1n;
