import type { LogGapReason } from "../gap.js";
import { shardCount } from "../shard.js";
import type { Place } from "./place.js";

/** What a group's cursor keeps of a shard. */
export interface TenureState {
  readonly epoch: string;
  /** All up to here is done. */
  readonly position: number;
  /** What is done beyond it, in order. */
  readonly done: readonly number[];
  /** How often what is not done has failed, by offset. */
  readonly failures: readonly (readonly [number, number])[];
  /** Whether a member has it: who finds it so knows that the member was lost. */
  readonly open: boolean;
  /** How many members were lost with it, since all up to `suspect` was last done. */
  readonly losses: number;
  /** The events up to here may have been begun by them. */
  readonly suspect: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function firstState({ epoch, number }: Place): TenureState {
  return { epoch, position: number, done: [], failures: [], open: false, losses: 0, suspect: 0 };
}

/** The state of a shard in a log that has lost its end, and goes on after `head`: what comes there is not done. */
export function truncatedState(state: TenureState, head: number): TenureState {
  return {
    ...state,
    position: Math.min(state.position, head),
    done: state.done.filter((number) => number <= head),
    failures: state.failures.filter(([number]) => number <= head),
    suspect: Math.min(state.suspect, head),
  };
}

/** What is done of a log whose end is a place, and why that is less than what was saved. */
export function currentState(
  saved: TenureState,
  { epoch, number }: Place,
): { readonly state: TenureState; readonly outdated?: LogGapReason } {
  if (saved.epoch !== epoch) return { state: firstState({ epoch, number: 0 }), outdated: "epoch" };
  if (saved.position <= number) return { state: saved };
  return { state: truncatedState(saved, number), outdated: "truncated" };
}

/** The state of a shard that is taken, when the log had reached `head`. */
export function takenState(state: TenureState, head: number): TenureState {
  if (!state.open) return { ...state, open: true };
  return { ...state, losses: state.losses + 1, suspect: head };
}

/** What is kept of all shards by one cursor. */
export interface WholeState {
  /** Each shard has a cursor of its own by now, and this one is nobody's any more. */
  readonly divided: boolean;
  /** Of each shard; none once they are divided. */
  readonly shards: readonly TenureState[];
}

/** As JSON text. */
export function encodeState(state: TenureState): Uint8Array {
  return encoder.encode(JSON.stringify(packed(state)));
}

/** @throws {SyntaxError} when it is none that `encodeState` made. */
export function decodeState(bytes: Uint8Array): TenureState {
  return unpacked(JSON.parse(decoder.decode(bytes)) as TenureState);
}

export const dividedState: Uint8Array = encoder.encode(JSON.stringify({ divided: true }));

/** As JSON text: what most shards have in common once, and in full those that have something else. */
export function encodeWhole(states: readonly TenureState[]): Uint8Array {
  const { epoch, open } = states[0]!;
  const number = Math.max(...states.map(({ position }) => position));
  const common = { ...firstState({ epoch, number }), open };
  const others = states.flatMap((state, shard) =>
    state.position === number && state.done.length + state.failures.length + state.suspect === 0
      ? []
      : [[shard, packed(state)]],
  );
  return encoder.encode(JSON.stringify({ common, others }));
}

/** @throws {SyntaxError} when it is neither what `encodeWhole` made nor `dividedState`. */
export function decodeWhole(bytes: Uint8Array): WholeState {
  const { common, others = [] } = JSON.parse(decoder.decode(bytes)) as {
    readonly common?: TenureState;
    readonly others?: readonly (readonly [number, TenureState])[];
  };
  if (!common) return { divided: true, shards: [] };
  const shards = Array.from({ length: shardCount }, () => common);
  for (const [shard, state] of others) shards[shard] = unpacked(state);
  return { divided: false, shards };
}

/** The offsets of what is done as steps from one to the next: there may be a thousand. */
function packed(state: TenureState): TenureState {
  let last = state.position;
  const done = state.done.map((number) => {
    const step = number - last;
    last = number;
    return step;
  });
  return { ...state, done };
}

function unpacked(state: TenureState): TenureState {
  let last = state.position;
  const done = state.done.map((step) => {
    last += step;
    return last;
  });
  return { ...state, done };
}
