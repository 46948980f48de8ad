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

/** The state of a shard that is taken, when the log had reached `head`. */
export function takenState(state: TenureState, head: number): TenureState {
  if (!state.open) return { ...state, open: true };
  return { ...state, losses: state.losses + 1, suspect: head };
}

/** As JSON text, the offsets of what is done as steps from one to the next: there may be a thousand. */
export function encodeState(state: TenureState): Uint8Array {
  let last = state.position;
  const done = state.done.map((number) => {
    const step = number - last;
    last = number;
    return step;
  });
  return encoder.encode(JSON.stringify({ ...state, done }));
}

/** @throws {SyntaxError} when it is none that `encodeState` made. */
export function decodeState(bytes: Uint8Array): TenureState {
  const state = JSON.parse(decoder.decode(bytes)) as TenureState;
  let last = state.position;
  const done = state.done.map((step) => {
    last += step;
    return last;
  });
  return { ...state, done };
}
