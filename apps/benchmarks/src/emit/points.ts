/** The payload: what a position update carries. */
export interface Point {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

/** The number of points that are emitted over and over: enough that no key stays in the first-level cache alone. */
export const lapLength = 1024;

/** A lap of points whose ids are spread over `keys` keys; the same for every implementation and every run. */
export function createPoints(keys: number): Point[] {
  const next = randomIntegers(42);
  return Array.from({ length: lapLength }, () => ({
    id: next() % keys,
    x: next() % 65_536,
    y: next() % 65_536,
  }));
}

/** The mulberry32 generator: 32-bit integers from a seed. */
export function randomIntegers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
