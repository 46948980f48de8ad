import type { Key } from "./key.js";

/**
 * The port to what outlives or spans processes: a log of durable events, tasks, and signals between nodes. Its abilities
 * are data, so that a bus can refuse a contract that needs more, and so that one suite can test every broker.
 *
 * A broker takes any text without a half of a surrogate pair, in UTF-8: names of up to 128 bytes; keys, owners and the ids of
 * producers of up to 256 bytes; all other ids, cursors and topics of up to 512. Its bus sees to that; it need not look.
 */
export interface Broker {
  readonly features: BrokerFeatures;
  readonly log: Log;
  readonly tasks: Tasks;
  readonly signals: Signals;
  /**
   * Writes to the log, its cursors and the tasks in one transaction: all of it, as if each part had been called in turn
   * (`save`, `settle`, `append`, `enqueue`), or nothing. Resolves when what was written has the features' durability. A
   * rejection means what that of an append does: repeated with the same id within the `dedupeWindow`, it is a duplicate.
   *
   * Rejects with an `UnsupportedError` where the features lack `transactions`.
   */
  write(write: Write): Promise<Written>;
  /**
   * Called before anything else. Several buses may share a broker: each opens it once and closes it once, and it ends with
   * the last of them.
   */
  open(): Promise<void>;
  /**
   * Gives what is under way up to `drain` milliseconds, also what waits, which then rejects with a `ClosedError`, as every
   * later call does until it is opened again. Closing what is not open does nothing. Nobody is told of anything at a broker
   * that is not open: a `watch` may throw a `ClosedError` or wait for it to open, and a `publish` may throw one or do nothing.
   */
  close(options: { readonly drain: number }): Promise<void>;
}

/** What a broker can do. A flag that is false has a test of its own, which shows that it is false. */
export interface BrokerFeatures {
  /** What survives: nothing but this object, the end of the process, or a loss of power. */
  readonly durability: "memory" | "process" | "power";
  /** Who shares it: the buses of one process, the processes of one machine, or many machines. */
  readonly scope: "process" | "machine" | "cluster";
  readonly signals: "none" | "process" | "cluster";
  /** For how long an appended or enqueued id is known as a repetition, in milliseconds. */
  readonly dedupeWindow: number;
  /**
   * For how long a producer is known after the last append that it tried, in milliseconds, whatever became of that. One that is forgotten
   * begins its sequence at 1.
   */
  readonly producerWindow: number;
  /**
   * How many producers of one owner are known within the `producerWindow`, at least: those that have tried to append last. Others of that
   * owner may be forgotten.
   */
  readonly producersPerOwner: number;
  /** The largest body of an event or task, and state of a cursor, that it takes, in bytes. */
  readonly maxBodyBytes: number;
  /** How `read` finds one key: by an index, or by going through what is there. */
  readonly keyRead: "index" | "scan";
  /** Whether `trim` can be limited to one name. */
  readonly trimByName: boolean;
  /** Whether `at` finds a time without going through what is there. */
  readonly timeIndex: boolean;
  /** Whether `write` is there. */
  readonly transactions: boolean;
  readonly tasks: {
    readonly supported: boolean;
    readonly delay: boolean;
    readonly priority: boolean;
    /** Whether at most one task of a name and key is under way at once, in the order in which they came. */
    readonly keyOrder: boolean;
    /** Whether a claim may limit how many are under way, and how many begin in a time, over all who claim. */
    readonly limits: boolean;
    /** Whether a task can wait for others. */
    readonly after: boolean;
    /** Whether what became of a task is kept for a time, with its result. */
    readonly results: boolean;
  };
}

/**
 * One log, one space of offsets: increasing safe integers from 1, with holes allowed. Names and keys select within it.
 */
export interface Log {
  /** Changes when the history may differ from what was read before, such as after a restore. */
  epoch(): Promise<string>;
  /**
   * Appends in the order given. An id that is known already, within the features' `dedupeWindow`, changes nothing and is
   * a duplicate; where there is a producer, its sequence decides instead, as long as it is known. Resolves when what was appended
   * has the features' durability. A rejection with an `EventwireError` means that nothing was appended; any other, that
   * the outcome is unknown: repeat it with the same ids.
   */
  append(batch: readonly Append[]): Promise<readonly Appended[]>;
  /** Reads what is committed, in the order of offsets: never a record before one with a smaller offset. */
  read(query: LogQuery): Promise<LogPage>;
  /** The largest offset there is; 0 when nothing was ever appended. */
  head(): Promise<number>;
  /** The largest offset of what was appended before `time`, in milliseconds since the Unix epoch; 0 without any. */
  at(time: number): Promise<number>;
  /**
   * Tells that the head may have moved. A hint may come early, and be lost unless the features' `scope` is `"process"`:
   * readers also poll.
   */
  watch(hint: (head: number) => void): () => void;
  /** Forgets what lies before an offset: of one name, or all. Who has not read it is told, by `trimmed` of a page. */
  trim(query: { readonly before: number; readonly name?: string | undefined }): Promise<void>;
  /**
   * Forgets of what lies before an offset, of one name or all, what has a successor there: of each name and key the newest
   * stays. What has no key stays, and so do notes. It is no gap: who is behind reads the newest of each key.
   *
   * @returns how many records went.
   */
  compact(query: { readonly before: number; readonly name?: string | undefined }): Promise<number>;
  /**
   * Forgets all that has a key, of one name or all, with the notes about it, as if it had never been appended: no gap tells of
   * it. Only the ids stay known, as what they were, and offsets are not given again. What was read before is the
   * reader's to forget; a note that is appended later is erased by erasing again.
   *
   * @returns how many records went.
   */
  erase(query: { readonly key: Key; readonly name?: string | undefined }): Promise<number>;
  /**
   * Takes a named cursor for `lease` milliseconds: at once where nobody holds it, or its lease is over, or `owner` holds
   * it already. Tokens rise with each taking. Resolves with nothing where another owner holds it.
   */
  acquire(cursor: string, owner: string, lease: number): Promise<HeldCursor | undefined>;
  /**
   * Stores the state of a cursor (`undefined` leaves what is there) and extends its lease; a lease of 0 lets it go.
   *
   * @returns false when the token is no longer the cursor's: another one has taken it, and nothing was stored.
   */
  save(cursor: string, token: number, state: Uint8Array | undefined, lease: number): Promise<boolean>;
  /**
   * The state that was last saved of a cursor, whoever holds it, and nothing of that changes; `undefined` when none was. A save that
   * has resolved is seen by every later peek, also by other brokers that share the log. Not modified after.
   */
  peek(cursor: string): Promise<Uint8Array | undefined>;
}

/** An event on its way into the log. */
export interface Append {
  readonly id: string;
  readonly name: string;
  readonly key: Key | undefined;
  /** From 0 to `shardCount` - 1, by its key; by its name where it has none. */
  readonly shard: number;
  /** Of a note: the name of the event that it is about, whose key it has. It is erased by that name too, and never compacted. */
  readonly about?: string | undefined;
  /** When it was emitted, in milliseconds since the Unix epoch. */
  readonly time: number;
  /**
   * The event's data and what else the bus keeps with it, encoded: the broker's to keep, not to read. Not modified after.
   */
  readonly body: Uint8Array;
  /** Who numbers its appends, so that a repetition is known however late it comes. */
  readonly producer?: Producer | undefined;
}

/** The place of an append in the sequence of who made it. */
export interface Producer {
  readonly id: string;
  /** Whose it is, always the same: who has many producers does not have the log keep all of them. Default: nobody's, which is kept. */
  readonly owner?: string | undefined;
  /**
   * Whether it has tried to append before: where the log does not know it any more it is fenced, which changes nothing, for it may have
   * appended this already. Default false: then it begins with this.
   */
  readonly begun?: boolean | undefined;
  /** Rises with each start of the producer; appends of an older one are fenced, from the first that is tried on. */
  readonly epoch: number;
  /** Rises by 1 with each append, from 1, and never starts again. */
  readonly sequence: number;
}

/** What became of one append. */
export type Appended =
  | AppendedEvent
  /** The producer's sequence has a hole: this is the next one that would be accepted. Its epoch counts from now on. */
  | { readonly type: "conflict"; readonly expected: number }
  /** A newer epoch of the producer has appended, or tried to; or it was forgotten since it has `begun`. */
  | { readonly type: "fenced" };

export interface AppendedEvent {
  readonly type: "appended";
  /** Unknown where it is a duplicate whose first append is no longer kept. */
  readonly offset: number | undefined;
  readonly duplicate: boolean;
}

export interface LogQuery {
  /** Exclusive. */
  readonly after: number;
  /** Default: all. */
  readonly names?: readonly string[] | undefined;
  /** Default: all. */
  readonly key?: Key | undefined;
  /** Default: all. */
  readonly shards?: readonly number[] | undefined;
  /** How many records at most. */
  readonly limit: number;
  /** How many bytes of bodies at most, but at least one record. */
  readonly bytes: number;
}

export interface LogPage {
  /** The log's when it was read, so that a reader learns of a change at the first page that it is in. */
  readonly epoch: string;
  readonly records: readonly LogRecord[];
  /**
   * Up to where the log was looked through: what comes next is read after it. Less than `after` where the log ends before that: it has
   * lost its end, and gives the offsets of what was lost to other events.
   */
  readonly scanned: number;
  /**
   * The largest offset that may have been trimmed of what the query selects: records may be missing where `after` is less.
   * Never less than the truth; as close to it as the broker can tell at the cost of a read.
   */
  readonly trimmed: number;
}

/** An event as the log keeps it. */
export interface LogRecord extends Omit<Append, "producer" | "shard" | "about"> {
  readonly offset: number;
}

/** A cursor's part of a transaction: what `save` is called with. */
export interface CursorSave {
  readonly cursor: string;
  readonly token: number;
  /** `undefined` leaves what is there. */
  readonly state: Uint8Array | undefined;
  /** In milliseconds from now; 0 lets the cursor go. */
  readonly lease: number;
}

/** One transaction. What is left out is nothing. */
export interface Write {
  /** Of the transaction: it is known for the `dedupeWindow` once it was written, apart from the ids of events and tasks. */
  readonly id: string;
  readonly save?: readonly CursorSave[] | undefined;
  readonly settle?: readonly Settlement[] | undefined;
  readonly append?: readonly Append[] | undefined;
  readonly enqueue?: readonly NewTask[] | undefined;
}

/** What became of a transaction. */
export type Written =
  | {
      readonly type: "written";
      /** It was written before, and nothing has changed now. */
      readonly duplicate: boolean;
      /** One for each append; one whose event was known is a duplicate, and nothing else of the transaction suffers. */
      readonly appended: readonly AppendedEvent[];
      readonly enqueued: readonly EnqueuedTask[];
    }
  /**
   * Nothing was written: the lease of the cursor or the task is lost, or the producer is fenced or has a hole in its
   * sequence. It names the first; it may be written by the same id later.
   */
  | { readonly type: "refused"; readonly by: "cursor" | "task" | "producer"; readonly id: string };

export interface HeldCursor {
  readonly token: number;
  /** What was saved last; `undefined` when nothing was. */
  readonly state: Uint8Array | undefined;
}

/** Work that waits, each piece to be done by one worker. A claim is a lease: when it is over, another may claim the task. */
export interface Tasks {
  /**
   * An id that is known already, within the features' `dedupeWindow` or because its task is not done or cancelled yet, changes
   * nothing and is a duplicate. One that is only kept gives way to a new task of its id. A rejection means what that of an
   * append does.
   */
  enqueue(batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]>;
  /**
   * Takes tasks that are due: by priority, then in the order in which they came. Each claim counts as an attempt. Of a
   * name and key at most one is claimed at once where the features say `keyOrder`.
   */
  claim(query: TaskQuery): Promise<readonly ClaimedTask[]>;
  /**
   * Takes what an owner has under a lease anew, for `lease` milliseconds, and no attempt counts: also what the lease is over of, as long as
   * it is not lost. Each has a new token, and who goes by the old one has lost it. Resolves with all of it, in the order of the tokens.
   */
  reclaim(query: Pick<TaskQuery, "names" | "owner" | "lease">): Promise<readonly ClaimedTask[]>;
  /**
   * A lease that is over is lost once somebody claims tasks of that name, and not before: so what ended late need not be done again.
   *
   * @returns for each, false when its lease was lost: the task is another's, and nothing changed.
   */
  settle(batch: readonly Settlement[]): Promise<readonly boolean[]>;
  /**
   * Tells that a task of one of the names may be due, now or at a time, in milliseconds since the Unix epoch. It is for the
   * next `claim`: until that was made there may be no other. Hints are lost as those of the log are: workers also poll.
   */
  watch(names: readonly string[], hint: (dueAt?: number) => void): () => void;
  counts(name: string): Promise<TaskCounts>;
  /** The dead, oldest first, from after the id `after` on. */
  dead(name: string, after?: string, limit?: number): Promise<readonly DeadTask[]>;
  /**
   * Lets the dead be done again, from their first attempt, in their old places. One that was to come after a task that is dead, or
   * kept as cancelled, stays dead, unless that is redriven as well.
   *
   * @returns how many were.
   */
  redrive(name: string, ids: readonly string[] | "all"): Promise<number>;
  /**
   * Ends tasks that are not done, the dead among them: whoever has one under a lease has lost it. Those that wait for one of them wait
   * for what is no more, and are dead.
   *
   * @returns how many were.
   */
  cancel(name: string, ids: readonly string[]): Promise<number>;
  /**
   * Whether tasks of a name are kept from being claimed. What is under way goes on, and no lease is lost meanwhile; it stays so until
   * it is changed, also over a restart.
   */
  pause(name: string, paused: boolean): Promise<void>;
  /** Forgets the dead of a name that died before a time, in milliseconds since the Unix epoch. @returns how many went. */
  forget(name: string, before: number): Promise<number>;
  /** How tasks stand, in the order of the ids; nothing of those that are not known, or no longer. */
  states(ids: readonly string[]): Promise<readonly (TaskState | undefined)[]>;
  /** Tells that how a task of one of the names stands may have changed. Hints are lost as those of `watch` are. */
  watchStates(names: readonly string[], hint: () => void): () => void;
}

/** How a task stands. */
export interface TaskState {
  readonly id: string;
  readonly name: string;
  readonly key: Key | undefined;
  /** `blocked`: it waits for those that it was enqueued `after`. One that waits for others of its key is `waiting`. */
  readonly state: "waiting" | "delayed" | "blocked" | "claimed" | "done" | "dead" | "cancelled";
  /** Which attempt this is or was the last; 0 before the first. */
  readonly attempt: number;
  /** What a worker said last of how far it is, whatever became of that; nothing after it was redriven. */
  readonly progress: Uint8Array | undefined;
  /** Of what is done. */
  readonly result: Uint8Array | undefined;
  /** Of the dead. */
  readonly reason: string | undefined;
}

export interface NewTask {
  readonly id: string;
  readonly name: string;
  readonly key: Key | undefined;
  /** When it was enqueued, in milliseconds since the Unix epoch. */
  readonly time: number;
  /** When it may be done, in milliseconds since the Unix epoch. Default: at once. */
  readonly dueAt?: number | undefined;
  /** Larger ones first. Default 0. */
  readonly priority?: number | undefined;
  /**
   * The ids of tasks that must be done before, of any name: 64 at most, enqueued before it or earlier in its batch. One that was enqueued
   * within the `dedupeWindow`, is no longer there and was not cancelled counts as done; for one that never was, the batch is refused with an
   * `InvalidError`. Where one of them dies or is cancelled, or has been, this one dies, with a reason that names it; where that one is redriven,
   * this one is to be redriven as well. As long as it waits it holds up nothing of its key, and keeps its place.
   */
  readonly after?: readonly string[] | undefined;
  /**
   * For how long what became of it stays known once it is done or cancelled, in milliseconds. Default 0: it is forgotten at once, but for
   * one that is cancelled, which stays known for the `dedupeWindow` at least: what is to come after it must not be begun.
   */
  readonly keep?: number | undefined;
  /** As an event's. */
  readonly body: Uint8Array;
}

export interface EnqueuedTask {
  /** That of the first one where it is a duplicate. */
  readonly id: string;
  readonly duplicate: boolean;
}

export interface TaskQuery {
  readonly names: readonly string[];
  /** Who claims. What one has claimed it may ask for by this name, elsewhere too. */
  readonly owner: string;
  /** For how long the claim holds, in milliseconds. */
  readonly lease: number;
  readonly limit: number;
  /** By name. Default: none. */
  readonly limits?: Readonly<Record<string, TaskLimit>> | undefined;
}

/** What all who claim tasks of a name keep to, together. */
export interface TaskLimit {
  /** How many are under way at once. */
  readonly concurrency?: number | undefined;
  /**
   * So many claims in so many milliseconds, as a token bucket that holds `count`; of the name, or of each key. By key, a task that has
   * none is not limited. Each claim counts, whatever becomes of it.
   */
  readonly rate?: { readonly count: number; readonly per: number; readonly by: "name" | "key" } | undefined;
}

export interface ClaimedTask extends Omit<NewTask, "dueAt" | "priority" | "after" | "keep"> {
  /** Of this claim; a later one of the same task, or one that it was reclaimed by, has a larger one. */
  readonly token: number;
  /** 1 at the first claim. */
  readonly attempt: number;
}

export interface Settlement {
  readonly id: string;
  readonly token: number;
  readonly outcome: TaskOutcome;
}

export type TaskOutcome =
  | { readonly type: "done"; readonly result?: Uint8Array | undefined }
  /** To be claimed again, from a time on, in milliseconds since the Unix epoch. */
  | { readonly type: "retry"; readonly at: number }
  /**
   * Handed back, and the claim does not count as an attempt: it waits in its place, due at once; or from a time on, in milliseconds
   * since the Unix epoch, until when nothing goes before it of its key, as with one that is tried again.
   */
  | { readonly type: "release"; readonly at?: number | undefined }
  /** Not to be tried again until somebody redrives it. */
  | { readonly type: "dead"; readonly reason: string }
  /** Still at work: the lease holds for so many milliseconds from now. */
  | { readonly type: "extend"; readonly lease: number; readonly progress?: Uint8Array | undefined };

export interface TaskCounts {
  /** Due, and claimed by nobody. */
  readonly waiting: number;
  readonly delayed: number;
  /** They wait for those that they were enqueued `after`. */
  readonly blocked: number;
  readonly claimed: number;
  readonly dead: number;
  /** The earliest `time` of those that wait. */
  readonly oldest: number | undefined;
  readonly paused: boolean;
}

export interface DeadTask extends Omit<ClaimedTask, "token"> {
  readonly reason: string;
  /** When it died, in milliseconds since the Unix epoch. */
  readonly diedAt: number;
}

/** Frames between nodes, at most once: in order for one publisher and topic. */
export interface Signals {
  publish(topic: string, frame: Uint8Array): void;
  /**
   * @param lost told when frames may have been missed, such as after a reconnect.
   * @returns what ends it, once it is in force.
   */
  subscribe(topic: string, on: (frame: Uint8Array) => void, lost: () => void): Promise<() => void>;
}
