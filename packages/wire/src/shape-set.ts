/** Some of the numbered shapes, a bit for each. It never changes, so whoever has one may share it. */
export class ShapeSet {
  readonly #words: readonly number[];

  private constructor(words: readonly number[]) {
    this.#words = words;
  }

  static readonly none = new ShapeSet([]);

  has(number: number): boolean {
    return (this.#word(number >> 5) & (1 << (number & 31))) !== 0;
  }

  with(number: number): ShapeSet {
    if (this.has(number)) return this;
    const words = [...this.#words];
    while (words.length <= number >> 5) words.push(0);
    words[number >> 5]! |= 1 << (number & 31);
    return new ShapeSet(words);
  }

  includes(other: ShapeSet): boolean {
    const others = other.#words;
    if (other === this) return true;
    for (let index = 0; index < others.length; index++)
      if ((others[index]! & ~this.#word(index)) !== 0) return false;
    return true;
  }

  union(other: ShapeSet): ShapeSet {
    if (this.includes(other)) return this;
    if (other.includes(this)) return other;
    return [...other.numbers()].reduce((set, number) => set.with(number), this as ShapeSet);
  }

  *numbers(): Generator<number> {
    for (let number = 0; number < this.#words.length * 32; number++) if (this.has(number)) yield number;
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }
}
