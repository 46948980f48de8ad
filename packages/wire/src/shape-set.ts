/** Some of the numbered shapes, a bit for each. It never changes, so whoever has one may share it. */
export class ShapeSet {
  /** As many as the highest number needs: what is beyond them has no bits. */
  readonly #words: readonly number[];

  private constructor(words: readonly number[]) {
    this.#words = words;
  }

  static readonly none = new ShapeSet([]);

  has(number: number): boolean {
    return (this.#words[number >> 5]! & (1 << (number & 31))) !== 0;
  }

  with(number: number): ShapeSet {
    if (this.has(number)) return this;
    const words = [...this.#words];
    while (words.length <= number >> 5) words.push(0);
    words[number >> 5]! |= 1 << (number & 31);
    return new ShapeSet(words);
  }

  includes(other: ShapeSet): boolean {
    return other === this || other.#words.every((word, index) => (word & ~this.#words[index]!) === 0);
  }

  union(other: ShapeSet): ShapeSet {
    if (this.includes(other)) return this;
    return [...other.numbers()].reduce((set, number) => set.with(number), this as ShapeSet);
  }

  *numbers(): Generator<number> {
    for (let number = 0; number < this.#words.length * 32; number++) if (this.has(number)) yield number;
  }
}
