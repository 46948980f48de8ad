import { shardCount } from "@eventwire/core";
import type { Settled } from "./witness.js";

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

/** The shards whose state is in what was saved of a cursor; none where that is not a group's, or was divided. */
export function savedShards(cursor: string, state: Uint8Array): readonly SavedShard[] {
  const [, group, shard] = /^group\/([^/]+)\/.+\/(\d+|all)$/.exec(cursor) ?? [];
  if (group === undefined) return [];
  const kept = JSON.parse(decoder.decode(state)) as Packed & Whole;
  if (shard !== "all") return [{ group, shard: Number(shard), settled: unpacked(kept) }];
  const { common, others } = kept;
  if (!common) return [];
  const states = new Map(others);
  return Array.from({ length: shardCount }, (_, each) => {
    return { group, shard: each, settled: unpacked(states.get(each) ?? common) };
  });
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
