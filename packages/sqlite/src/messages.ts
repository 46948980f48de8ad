import type {
  Appended,
  ClaimedTask,
  CursorSave,
  DeadTask,
  EnqueuedTask,
  HeldCursor,
  Issue,
  Key,
  LogQuery,
  Producer,
  Settlement,
  TaskCounts,
  TaskQuery,
  TaskState,
  Written,
} from "@eventwire/core";
import type { Moment } from "./moment.js";
import type { StoreErrorCode } from "./store-error.js";

/** What the thread is started with. */
export interface ThreadData {
  readonly file: string;
  readonly dedupeWindow: number;
  readonly producerWindow: number;
  readonly producersPerOwner: number;
  readonly busyTimeout: number;
  readonly retention: Retention;
}

/** What the thread of a backup is started with. */
export interface BackupData {
  readonly file: string;
  readonly to: string;
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
  peek: { readonly ask: { readonly cursor: string }; readonly answer: Uint8Array | undefined };
  write: {
    readonly ask: {
      readonly id: string;
      readonly save: readonly CursorSave[];
      readonly settle: readonly Settlement[];
      /** The next so many records of the turn. */
      readonly append: number;
      /** Of the records behind those. */
      readonly enqueue: NewTasks;
    };
    readonly answer: Written;
  };
  enqueue: { readonly ask: NewTasks; readonly answer: readonly EnqueuedTask[] };
  claim: {
    readonly ask: TaskQuery;
    /** With when there may be more, where there is less than was asked for. */
    readonly answer: { readonly tasks: readonly ClaimedTask[]; readonly next: number | undefined };
  };
  reclaim: { readonly ask: Reclaim; readonly answer: readonly ClaimedTask[] };
  settle: {
    readonly ask: { readonly settlements: readonly Settlement[] };
    readonly answer: readonly boolean[];
  };
  counts: { readonly ask: { readonly name: string }; readonly answer: TaskCounts };
  dead: {
    readonly ask: { readonly name: string; readonly after: string | undefined; readonly limit: number };
    readonly answer: readonly DeadTask[];
  };
  redrive: {
    readonly ask: { readonly name: string; readonly ids: readonly string[] | "all" };
    readonly answer: number;
  };
  cancel: {
    readonly ask: { readonly name: string; readonly ids: readonly string[] };
    readonly answer: number;
  };
  pause: { readonly ask: { readonly name: string; readonly paused: boolean }; readonly answer: undefined };
  forget: { readonly ask: { readonly name: string; readonly before: number }; readonly answer: number };
  states: {
    readonly ask: { readonly ids: readonly string[] };
    readonly answer: readonly (TaskState | undefined)[];
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

/** The next so many records of the turn, as tasks; with what else there is to say of them, by their index. */
export interface NewTasks {
  readonly count: number;
  readonly dueAt: ReadonlyMap<number, number>;
  readonly priority: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, readonly string[]>;
  readonly keep: ReadonlyMap<number, number>;
}

/** Whose claims are taken anew, and for how long. */
export type Reclaim = Pick<TaskQuery, "names" | "owner" | "lease">;

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
  /** When the first of it was asked for: it may have waited for the file to be opened. */
  readonly asked: Moment;
}

export interface Watching {
  /** Whether somebody wants to know at once of what other processes do. */
  readonly others: boolean;
  /** Whether somebody wants to know when it has changed how tasks stand. */
  readonly states: boolean;
}

export type ToThread =
  | Turn
  | { readonly type: "watch"; readonly watching: Watching }
  /** Does what was asked so far, for so many milliseconds at most, and ends. */
  | { readonly type: "close"; readonly drain: number };

export type FromThread =
  | { readonly type: "opened"; readonly epoch: string }
  | { readonly type: "failed"; readonly failure: Failure }
  /** What it does of its own accord has failed, and will be tried again. */
  | { readonly type: "trouble"; readonly failure: Failure }
  | {
      readonly type: "answers";
      readonly answers: readonly Answered[];
      readonly head: number;
      /** The names of tasks of which there may be more to claim; all where these are not known. */
      readonly ready: readonly string[] | "all";
      /** The names of which it may have changed how tasks stand, where somebody wants to know. */
      readonly changed: readonly string[] | "all";
    };

export type Answered =
  | { readonly number: number; readonly answer: Answer<CallType> }
  | { readonly number: number; readonly failure: Failure };

/** An error on its way between the threads. */
export interface Failure {
  /** `"Closed"` when it was not begun; `undefined` when what became of it is unknown. */
  readonly code: StoreErrorCode | "Closed" | "Invalid" | undefined;
  readonly message: string;
  /** What was invalid, and how. */
  readonly invalid?: { readonly name: string; readonly issues: readonly Issue[] } | undefined;
}
