import type { LogQuery } from "../broker.js";
import { shardOf } from "../shard.js";
import type { Kept } from "./records.js";

/**
 * The largest offset that was trimmed, by name and shard: so much is kept of what was forgotten. A query by key is
 * answered by the shard of its key, so that what is said is never less than the truth.
 */
export class TrimMarks {
  readonly #byShard = new Map<string, Map<number, number>>();
  readonly #byKey = new Map<string, Map<number, number>>();

  add({ record: { name, key, offset }, shard }: Kept): void {
    raise(this.#byShard, name, shard, offset);
    raise(this.#byKey, name, shardOf(name, key), offset);
  }

  of({ names, key, shards }: LogQuery): number {
    const marks = key === undefined ? this.#byShard : this.#byKey;
    let largest = 0;
    for (const name of names ?? marks.keys()) {
      const offsets = marks.get(name);
      if (!offsets) continue;
      const selected = key === undefined ? shards : [shardOf(name, key)];
      if (selected) for (const shard of selected) largest = Math.max(largest, offsets.get(shard) ?? 0);
      else for (const offset of offsets.values()) largest = Math.max(largest, offset);
    }
    return largest;
  }
}

function raise(marks: Map<string, Map<number, number>>, name: string, shard: number, offset: number): void {
  let offsets = marks.get(name);
  if (!offsets) {
    offsets = new Map();
    marks.set(name, offsets);
  }
  offsets.set(shard, Math.max(offsets.get(shard) ?? 0, offset));
}
