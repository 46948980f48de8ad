import { type Key, shardOf } from "@eventwire/core";
import type { Records } from "../records.js";
import { everything, Mask } from "./mask.js";
import type { Names } from "./names.js";
import type { Sweep } from "./sweeper.js";

/** All that lies before an offset, of one name or all. */
export function trimming(before: number, { number, mask }: Named): Sweep {
  return {
    before,
    names: mask,
    shards: everything,
    newestFirst: false,
    kind: "trim",
    wholeRows: number === undefined,
    forgets: (records, at) => number === undefined || records.name(at) === number,
  };
}

/** How many keys are remembered at once, so that memory is bounded. */
const maxKeys = 1_000_000;

/** Of what lies before an offset, of one name or all, whatever has a newer one of its name and key there. */
export class Compaction implements Sweep {
  readonly names: bigint;
  readonly shards = everything;
  readonly newestFirst = true;
  readonly kind = "compact";
  readonly wholeRows = false;
  readonly before: number;
  /** Where another one has to begin, for the keys that there was no room to remember. */
  skipped: number | undefined;
  readonly #number: number | undefined;
  readonly #seen = new Map<number, Set<Key>>();
  #size = 0;

  constructor(before: number, { number, mask }: Named) {
    this.before = before;
    this.names = mask;
    this.#number = number;
  }

  forgets(records: Records, at: number, offset: number): boolean {
    const name = records.name(at);
    if ((this.#number !== undefined && name !== this.#number) || records.about(at) !== 0) return false;
    const key = records.key(at);
    if (key === undefined) return false;
    let keys = this.#seen.get(name);
    if (!keys) {
      keys = new Set();
      this.#seen.set(name, keys);
    }
    if (keys.has(key)) return true;
    if (this.#size === maxKeys) this.skipped ??= offset;
    else {
      keys.add(key);
      this.#size += 1;
    }
    return false;
  }
}

/** All that has a key, of one name or all. */
export function erasing(key: Key, { number, mask }: Named): Sweep {
  const shard = shardOf("", key);
  return {
    before: Number.MAX_SAFE_INTEGER,
    names: mask,
    shards: Mask.of([shard]),
    newestFirst: false,
    kind: "erase",
    wholeRows: false,
    forgets: (records, at) =>
      records.shard(at) === shard &&
      (number === undefined || records.name(at) === number || records.about(at) === number) &&
      records.key(at) === key,
  };
}

/** A name, or all. */
export interface Named {
  readonly number: number | undefined;
  readonly mask: bigint;
}

/** Nothing where the log does not know the name. */
export function nameIn(names: Names, name: string | undefined): Named | undefined {
  if (name === undefined) return { number: undefined, mask: everything };
  const number = names.find(name);
  return number === undefined ? undefined : { number, mask: Mask.of([number]) };
}
