import type {
  Contract,
  Data,
  DurableName,
  EventName,
  InputOf,
  Key,
  KeyOf,
  Matching,
  Pattern,
  RequestName,
  SentBy,
  TaskName,
} from "@eventwire/core";
import type { everyKey } from "./every-key.js";
import type { ConnectedPeer } from "./peer.js";

/** Someone wants to listen to a name: to one key of it, or to all of a keyed one where `key` is {@link everyKey}. */
export interface ListenQuestion<User, N extends string, K> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  /** `undefined` where the event has no keys. */
  readonly key: K;
}

/** Someone wants to emit an event. `data` has passed its schema, and `key` was computed from it here. */
export interface EmitQuestion<User, N extends string, D, K = Key | undefined> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly key: K;
  readonly data: D;
}

/** Someone wants to be a member of a group that does the events of a name, of all keys. */
export interface GroupQuestion<User, N extends string> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly group: string;
}

/** Someone wants to enqueue a task. `data` has passed its schema, and `key` was computed from it here. */
export interface EnqueueQuestion<User, N extends string, D, K = Key | undefined> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly key: K;
  readonly data: D;
  /** Default 0; larger ones are done first. */
  readonly priority: number;
}

/** Someone wants to know how a task stands that another one has enqueued, or to cancel it. */
export interface TaskQuestion<User, N extends string> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly id: string;
  readonly may: "look" | "cancel";
}

/** Someone wants to be a worker. */
export interface WorkQuestion<User, N extends string, K = Key | undefined> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  /** `undefined` when it begins; then that of each task that has one, before it is given. */
  readonly key: K | undefined;
}

/** Someone wants to ask a request. `input` has passed its schema. */
export interface RequestQuestion<User, N extends string, I> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly input: I;
}

/**
 * What a rule says: only `true` and `{ allow: true }` allow. `until` ends an allowance, in milliseconds since the Unix epoch: a
 * listener is then cut off, and so is an answer that is streamed, within a second.
 */
export type Verdict = boolean | { readonly allow: boolean; readonly until?: number | undefined };

/**
 * A rule whose answers are remembered, and asked for once where several wait for the same. It is shown what they are
 * remembered by and nothing else, so that no answer can reach somebody it was not meant for.
 */
export interface CachedRule<Question> {
  readonly decide: (question: CachedQuestion<Question>) => Verdict | Promise<Verdict>;
  /** In milliseconds. */
  readonly cachedFor: number;
}

/** What the answer of a cached rule is remembered by: the id of the user, the name and, where there is one, the key or the group. */
export type CachedQuestion<Question> = Pick<
  Question,
  Extract<keyof Question, "name" | "key" | "group" | "id" | "may">
> & {
  readonly userId: string;
};

/**
 * Allows or denies: always, by looking at who asks for what, or by asking elsewhere. A rule that throws or rejects denies, and
 * its error reaches the `onError` of the bus; a `DeniedError` denies with a message for the peer. One that gives no answer in
 * `limits.decisionTimeout`, or throws an `UnavailableError`, a `TimeoutError` or a `DisconnectedError`, cannot tell: nothing is let through,
 * and who wants to listen, or to work, asks again by itself.
 */
export type Rule<Question> =
  | boolean
  | ((question: Question) => Verdict | Promise<Verdict>)
  | CachedRule<Question>;

/**
 * Who may do what: a rule for a name or a pattern. What no rule allows is denied, and where one of several rules that
 * match denies, it is denied.
 *
 * @example
 * ```ts
 * const allow: Allow<Airspace, User> = {
 *   listen: {
 *     "*": true,
 *     "crew.*": ({ peer }) => peer.user.crew,
 *     "gate.changed": { decide: ({ userId, key }) => database.mayWatch(userId, key), cachedFor: 60_000 },
 *   },
 *   emit: { "alert.raised": ({ peer, data }) => peer.user.airports.includes(data.airport) },
 *   request: { "airport.stats": true },
 * };
 * ```
 */
export interface Allow<C extends Contract, User> {
  readonly listen?: ListenRules<C, User>;
  /** Who may begin to listen to durable events further back than `limits.resume`. Default: nobody. */
  readonly history?: ListenRules<C, User>;
  /**
   * Who may be a member of a group: is given its events whatever their keys, whether it may listen to them or not, and decides what
   * becomes of them. A group that nobody has joined yet begins with it. Default: nobody.
   *
   * @example
   * ```ts
   * const allow: Allow<Shop, User> = {
   *   group: { "order.*": ({ peer, group }) => peer.user.role === "billing" && group === "billing" },
   * };
   * ```
   */
  readonly group?: GroupRules<C, User>;
  readonly emit?: EmitRules<C, User>;
  readonly request?: RequestRules<C, User>;
  /** Who may enqueue which task. Default: nobody. */
  readonly enqueue?: EnqueueRules<C, User>;
  /** Who may look at tasks, or cancel them, that somebody else has enqueued; its own everybody may. Default: nobody. */
  readonly tasks?: TaskRules<C, User>;
  /**
   * Who may be a worker: is given tasks, whoever may enqueue them, and decides what becomes of them. A rule is asked when it begins, and
   * about the key of each task before it is given. One that it denies is left to others; this worker rests a second then, so that it does not
   * claim the same one over and over: names are a better border than keys. Default: nobody.
   *
   * @example
   * ```ts
   * const allow: Allow<Shop, User> = { work: { "parcel.*": ({ peer }) => peer.user.role === "packer" } };
   * ```
   */
  readonly work?: WorkRules<C, User>;
}

/** What may be listened to of a name: a key or all of them, where it has keys. */
type ListenedKey<C extends Contract, N extends EventName<C>> = N extends unknown
  ? [KeyOf<C, N>] extends [never]
    ? undefined
    : KeyOf<C, N> | typeof everyKey
  : never;
/** The key of an event that is emitted. */
type EmittedKey<C extends Contract, N extends EventName<C>> = N extends unknown
  ? [KeyOf<C, N>] extends [never]
    ? undefined
    : KeyOf<C, N>
  : never;

type ListenRules<C extends Contract, User> = {
  readonly [P in Looked<EventName<C> | Pattern<EventName<C>>>]?: Rule<
    ListenQuestion<User, Matching<EventName<C>, P>, ListenedKey<C, Matching<EventName<C>, P> & EventName<C>>>
  >;
};
type Stored<C extends Contract> = DurableName<C> & EventName<C>;
type GroupRules<C extends Contract, User> = {
  readonly [P in Looked<Stored<C> | Pattern<Stored<C>>>]?: Rule<GroupQuestion<User, Matching<Stored<C>, P>>>;
};
type EmitRules<C extends Contract, User> = {
  readonly [P in Looked<SentBy<C, "event", "client"> | Pattern<SentBy<C, "event", "client">>>]?: Rule<
    EmitQuestion<
      User,
      Matching<SentBy<C, "event", "client">, P>,
      Data<C, Matching<SentBy<C, "event", "client">, P> & EventName<C>>,
      EmittedKey<C, Matching<SentBy<C, "event", "client">, P> & EventName<C>>
    >
  >;
};
type RequestRules<C extends Contract, User> = {
  readonly [P in Looked<SentBy<C, "request", "client"> | Pattern<SentBy<C, "request", "client">>>]?: Rule<
    RequestQuestion<
      User,
      Matching<SentBy<C, "request", "client">, P>,
      InputOf<C, Matching<SentBy<C, "request", "client">, P> & RequestName<C>>
    >
  >;
};

type TaskKey<C extends Contract, N extends TaskName<C>> = N extends unknown
  ? [KeyOf<C, N>] extends [never]
    ? undefined
    : KeyOf<C, N>
  : never;
type Enqueued<C extends Contract> = SentBy<C, "task", "client"> & TaskName<C>;
type EnqueueRules<C extends Contract, User> = {
  readonly [P in Looked<Enqueued<C> | Pattern<Enqueued<C>>>]?: Rule<
    EnqueueQuestion<
      User,
      Matching<Enqueued<C>, P>,
      Data<C, Matching<Enqueued<C>, P> & TaskName<C>>,
      TaskKey<C, Matching<Enqueued<C>, P> & TaskName<C>>
    >
  >;
};
type TaskRules<C extends Contract, User> = {
  readonly [P in Looked<TaskName<C> | Pattern<TaskName<C>>>]?: Rule<
    TaskQuestion<User, Matching<TaskName<C>, P>>
  >;
};
type WorkRules<C extends Contract, User> = {
  readonly [P in Looked<TaskName<C> | Pattern<TaskName<C>>>]?: Rule<
    WorkQuestion<User, Matching<TaskName<C>, P>, TaskKey<C, Matching<TaskName<C>, P> & TaskName<C>>>
  >;
};

/**
 * The same names, of which the compiler says no more than that they are texts as long as `serve` is being inferred. So it
 * looks a rule up by any name, and the question in `({ peer }) => ...` gets the user that `authenticate` answers with.
 */
export type Looked<N extends string> = [N] extends [infer Name extends string] ? Name : never;
