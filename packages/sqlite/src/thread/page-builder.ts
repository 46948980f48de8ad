import type { PackedPage } from "../messages.js";
import type { Records } from "../records.js";

interface Part {
  readonly records: Records;
  readonly at: number;
  end: number;
  /** What the deltas count from. */
  readonly base: number;
}

/** Gathers the records of a page: bytes that lie behind one another are copied at once. */
export class PageBuilder {
  readonly names = new Set<number>();
  /** The offset of the last record. */
  last = 0;
  readonly #limit: number;
  readonly #bytes: number;
  readonly #parts: Part[] = [];
  #count = 0;
  #size = 0;

  constructor(limit: number, bytes: number) {
    this.#limit = limit;
    this.#bytes = bytes;
  }

  /** Whether it has as many as it may. */
  get isFull(): boolean {
    return this.#count >= this.#limit;
  }

  /** @returns false when the page has no room for it. */
  add(records: Records, at: number, base: number): boolean {
    const size = this.#size + records.bodyBytes(at);
    if (this.isFull || (size > this.#bytes && this.#count > 0)) return false;
    this.#size = size;
    this.#count += 1;
    this.last = base + records.delta(at);
    this.names.add(records.name(at));
    const end = records.next(at);
    const part = this.#parts.at(-1);
    if (part?.records === records && part.end === at) part.end = end;
    else this.#parts.push({ records, at, end, base });
    return true;
  }

  take(): Pick<PackedPage, "records" | "parts"> {
    const records = new Uint8Array(this.#parts.reduce((sum, { at, end }) => sum + end - at, 0));
    let to = 0;
    const parts = this.#parts.map((part) => {
      records.set(part.records.bytes.subarray(part.at, part.end), to);
      to += part.end - part.at;
      return { base: part.base, end: to };
    });
    return { records, parts };
  }
}
