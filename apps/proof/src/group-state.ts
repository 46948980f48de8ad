import { shardCount } from "@eventwire/core";
import type { CursorEntry } from "./log/entries.js";
import type { Settled } from "./settled-shard.js";

/** What a group has saved of one shard. */
export interface SavedShard {
  readonly group: string;
  readonly shard: number;
  readonly settled: Settled & { readonly done: readonly number[] };
}

/** What a group keeps of a shard, as far as it concerns who looks on: `done` in steps from one to the next. */
interface Packed {
  readonly epoch: string;
  readonly position: number;
  readonly done: readonly number[];
}

/** What a group keeps of all shards, while one member holds them by one cursor: what they have in common, and the others. */
interface Whole {
  readonly common?: Packed;
  readonly others?: readonly (readonly [shard: number, state: Packed])[];
}

const decoder = new TextDecoder();

/** Whether cursors keep anything of a group: where they do not, it begins anew, and knows of no history. */
export function hasGroup(cursors: readonly Pick<CursorEntry, "cursor" | "state">[], group: string): boolean {
  return cursors.some(({ cursor, state }) => state !== undefined && cursor.startsWith(`group/${group}/`));
}

/**
 * What groups have saved of their shards, as it counts: until the cursor of all shards says that it was divided it alone counts, and what
 * is written of single shards before does from then on.
 */
export class GroupStates {
  readonly #divided = new Set<string>();
  /** Of groups that are not divided: what was written of single shards. */
  readonly #early = new Map<string, Map<string, SavedShard>>();

  /** A state was saved, or found. @returns the shards whose state counts by it. */
  saved(cursor: string, state: Uint8Array): readonly SavedShard[] {
    const [, all, group, shard] = /^(group\/([^/]+)\/.+)\/(\d+|all)$/.exec(cursor) ?? [];
    if (all === undefined || group === undefined) return [];
    const kept = JSON.parse(decoder.decode(state)) as Packed & Whole;
    if (shard !== "all") {
      const saved = { group, shard: Number(shard), settled: unpacked(kept) };
      if (this.#divided.has(all)) return [saved];
      const early = this.#early.get(all) ?? new Map<string, SavedShard>();
      this.#early.set(all, early.set(shard!, saved));
      return [];
    }
    const { common, others } = kept;
    if (!common) {
      this.#divided.add(all);
      const early = [...(this.#early.get(all)?.values() ?? [])];
      this.#early.delete(all);
      return early;
    }
    // A log that was restored may be from before.
    this.#divided.delete(all);
    const states = new Map(others);
    return Array.from({ length: shardCount }, (_, each) => {
      return { group, shard: each, settled: unpacked(states.get(each) ?? common) };
    });
  }
}

function unpacked({ epoch, position, done }: Packed): SavedShard["settled"] {
  let last = position;
  return {
    epoch,
    position,
    done: done.map((step) => {
      last += step;
      return last;
    }),
  };
}
