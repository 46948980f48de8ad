import type { Appended, HeldCursor, Key, LogQuery, Producer } from "@eventwire/core";
import type { StoreErrorCode } from "./store-error.js";

/** What the thread is started with. */
export interface ThreadData {
  readonly file: string;
  readonly dedupeWindow: number;
  readonly busyTimeout: number;
  readonly retention: Retention;
}

/** How much the log keeps; then the oldest go. */
export interface Retention {
  /** How long an event is kept after it was appended, in milliseconds. Default: for ever. */
  readonly age?: number | undefined;
  /** How many bytes of bodies are kept. Default: any number. */
  readonly bytes?: number | undefined;
  /** How many events are kept. Default: any number. */
  readonly events?: number | undefined;
}

/** What may be asked of the thread, and what it answers. */
export interface Calls {
  /** The next so many records of the turn. The answer is the first offset where all follow each other and none was known. */
  append: { readonly ask: { readonly count: number }; readonly answer: number | readonly Appended[] };
  read: { readonly ask: LogQuery; readonly answer: PackedPage };
  head: { readonly ask: object; readonly answer: number };
  at: { readonly ask: { readonly time: number }; readonly answer: number };
  trim: { readonly ask: Part; readonly answer: undefined };
  compact: { readonly ask: Part; readonly answer: number };
  erase: { readonly ask: { readonly key: Key; readonly name: string | undefined }; readonly answer: number };
  acquire: {
    readonly ask: { readonly cursor: string; readonly owner: string; readonly lease: number };
    readonly answer: HeldCursor | undefined;
  };
  save: {
    readonly ask: {
      readonly cursor: string;
      readonly token: number;
      readonly state: Uint8Array | undefined;
      readonly lease: number;
    };
    readonly answer: boolean;
  };
}

/** What lies before an offset, of one name or all. */
interface Part {
  readonly before: number;
  readonly name: string | undefined;
}

export type CallType = keyof Calls;
export type Ask<Type extends CallType> = Calls[Type]["ask"];
export type Answer<Type extends CallType> = Calls[Type]["answer"];

export type Call = {
  [Type in CallType]: { readonly number: number; readonly type: Type; readonly ask: Ask<Type> };
}[CallType];

/** A page of the log on its way between the threads. */
export interface PackedPage {
  readonly records: Uint8Array<ArrayBuffer>;
  /** Of the records up to `end` in bytes, what their offsets count from. */
  readonly parts: readonly { readonly base: number; readonly end: number }[];
  readonly scanned: number;
  readonly trimmed: number;
  /** The names that the page has and none before it had, with their numbers. */
  readonly names: readonly (readonly [number: number, name: string])[];
}

/** All that is asked in one turn of the event loop. */
export interface Turn {
  readonly type: "turn";
  /** In milliseconds since the Unix epoch. */
  readonly now: number;
  readonly calls: readonly Call[];
  readonly records: Uint8Array<ArrayBuffer>;
  readonly names: readonly string[];
  /** By the index of their record. */
  readonly producers: ReadonlyMap<number, Producer>;
}

export type ToThread =
  | Turn
  /** Whether somebody wants to know at once of what other processes do. */
  | { readonly type: "watch"; readonly watching: boolean }
  /** Does what was asked so far, for so many milliseconds at most, and ends. */
  | { readonly type: "close"; readonly drain: number };

export type FromThread =
  | { readonly type: "opened"; readonly epoch: string }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "answers"; readonly answers: readonly Answered[]; readonly head: number };

export type Answered =
  | { readonly number: number; readonly answer: Answer<CallType> }
  | { readonly number: number; readonly failure: Failure };

/** An error on its way between the threads. */
export interface Failure {
  /** `"Closed"` when it was not begun; `undefined` when what became of it is unknown. */
  readonly code: StoreErrorCode | "Closed" | undefined;
  readonly message: string;
}
