import type { Records } from "../records.js";
import type { Batch } from "./batches.js";
import { Mask } from "./mask.js";

/** Gathers records for a row: bytes that lie behind one another are not copied. */
export class BatchBuilder {
  readonly #time: number;
  readonly #parts: Buffer[] = [];
  #from: { readonly records: Records; readonly at: number; end: number } | undefined;
  #first = 0;
  #last = 0;
  #count = 0;
  #size = 0;
  #bytes = 0;
  readonly #shards = new Mask();
  readonly #names = new Mask();

  /** @param time when they were appended. */
  constructor(time: number) {
    this.#time = time;
  }

  get count(): number {
    return this.#count;
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  add(records: Records, at: number, offset: number): void {
    if (this.#count === 0) this.#first = offset;
    const end = records.next(at);
    records.setDelta(at, offset - this.#first);
    if (this.#from?.records === records && this.#from.end === at) this.#from.end = end;
    else {
      this.#close();
      this.#from = { records, at, end };
    }
    this.#last = offset;
    this.#count += 1;
    this.#size += end - at;
    this.#bytes += records.bodyBytes(at);
    this.#shards.add(records.shard(at));
    this.#names.add(records.name(at));
    const about = records.about(at);
    if (about !== 0) this.#names.add(about);
  }

  build(): Batch {
    this.#close();
    const [only] = this.#parts;
    return {
      first: this.#first,
      last: this.#last,
      time: this.#time,
      count: this.#count,
      bytes: this.#bytes,
      shards: this.#shards.value,
      names: this.#names.value,
      events: this.#parts.length === 1 ? only! : Buffer.concat(this.#parts),
    };
  }

  #close(): void {
    if (!this.#from) return;
    const { records, at, end } = this.#from;
    this.#parts.push(records.bytes.subarray(at, end));
    this.#from = undefined;
  }
}
