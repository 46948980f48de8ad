import type {
  Contract,
  Data,
  DeliveryOf,
  ErrorsOf,
  EventName,
  Gap,
  InputOf,
  Issue,
  Key,
  KeyOf,
  OutputOf,
  RequestFailureCode,
  RequestName,
  SentBy,
  StreamedName,
  TaskName,
  TaskReceipt,
} from "@eventwire/core";
import type { PlainJson } from "./plain-json.js";

/** Why something was refused, as who has Socket.IO and no Eventwire is told. */
export interface PlainRefusal<Code extends string = RequestFailureCode> {
  readonly code: Code;
  readonly message: string;
  /** Of `Invalid`: what is wrong, and where. */
  readonly issues?: readonly Issue[];
  readonly detail?: undefined;
}

/** Why a request failed: a declared error with its detail, or what any request may fail with. */
export type PlainFailure<Errors> =
  | PlainRefusal
  | {
      [N in keyof Errors & string]: {
        readonly code: N;
        readonly message: string;
        readonly detail: PlainJson<Errors[N]>;
      };
    }[keyof Errors & string];

/** Why there is no result of a task. */
export interface PlainTaskFailure {
  /** `UnknownTask`: there never was one, or its result is kept no longer. `Timeout`: it is not done yet; ask again. */
  readonly code: RequestFailureCode | "TaskDead" | "Cancelled" | "UnknownTask";
  readonly message: string;
}

/** Told that a broker has a task, and its id. */
type Enqueued = (
  ...outcome: [error: null, receipt: TaskReceipt] | [error: PlainRefusal, receipt: null]
) => void;
/** Why something is not listened to. `Unavailable`: no rule denies it, and one cannot tell now; listen again in a while. */
type Unheard = PlainRefusal<RequestFailureCode | "Unavailable">;
/** Told that something was taken, by null, or why not. */
type Taken = (error: PlainRefusal | null) => void;
/** Told a result, or why there is none. It names both, so that looking at one narrows the other. */
type Answered<Output, Errors> = (
  ...outcome: [error: null, result: PlainJson<Output>] | [error: PlainFailure<Errors>, result: null]
) => void;

/** What reaches nobody by Socket.IO's own names. */
type Reserved =
  | "connect"
  | "connect_error"
  | "disconnect"
  | "disconnecting"
  | "newListener"
  | "removeListener"
  | "eventwire";
type Plain<C extends Contract, N extends string> = {
  [Name in Exclude<N, Reserved>]: Name extends keyof C["definitions"]
    ? DeliveryOf<C, Name> extends "durable"
      ? never
      : Name
    : never;
}[Exclude<N, Reserved>];
type Heard<C extends Contract> = Plain<C, SentBy<C, "event", "server"> & EventName<C>>;
type Emitted<C extends Contract> = Plain<C, SentBy<C, "event", "client"> & EventName<C>>;
type Asked<C extends Contract> = Exclude<
  SentBy<C, "request", "client"> & RequestName<C>,
  Reserved | StreamedName<C>
>;

type Task<C extends Contract> = Exclude<SentBy<C, "task", "client"> & TaskName<C>, Reserved>;

/** `eventwire:on` and `eventwire:off`, of each name with its own keys. */
type Listening<C extends Contract> = {
  [N in Heard<C>]:
    | [name: N, options: { readonly key?: KeyOf<C, N> }]
    | [name: N, options: { readonly key?: KeyOf<C, N> }, acknowledge: (error: Unheard | null) => void];
}[Heard<C>];

/**
 * What a server sends to a client that has Socket.IO and no Eventwire, as Socket.IO's own generics take it. An event's data is
 * plain JSON, and `context` says its id and when it was emitted, in milliseconds since the Unix epoch.
 *
 * @example
 * ```ts
 * const io = new Server<ClientEvents<typeof contract>, ServerEvents<typeof contract>>(http); // server
 * const socket: Socket<ServerEvents<typeof contract>, ClientEvents<typeof contract>> = io(url); // client
 * ```
 */
export type ServerEvents<C extends Contract> = {
  [N in Heard<C>]: (
    data: PlainJson<Data<C, N>>,
    context: { readonly id: string; readonly time: number },
  ) => void;
} & {
  /** Something was refused that was said without an acknowledgement. */
  "eventwire:refused": (name: string, error: Unheard) => void;
  /** Events that this client listens to will never come, of the key or where it is null of any; how many, where somebody counted. */
  "eventwire:gap": (
    name: string,
    gap: { readonly key: Key | null; readonly reason: Gap["reason"]; readonly missed: number | null },
  ) => void;
  /** So many milliseconds are left until this client's credentials expire: answer by `eventwire:auth`. */
  "eventwire:expiring": (milliseconds: number) => void;
  /** The server ends this connection, and why. Where `retryable`, Socket.IO connects again by itself. */
  "eventwire:goodbye": (reason: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
  }) => void;
};

/**
 * What a client that has Socket.IO and no Eventwire says: the events it may emit, the tasks it may enqueue and the requests it may
 * ask, by their names, and what it listens to. See {@link ServerEvents}.
 */
export type ClientEvents<C extends Contract> = {
  [N in Emitted<C>]: (
    ...said: [data: PlainJson<Data<C, N>>] | [data: PlainJson<Data<C, N>>, acknowledge: Taken]
  ) => void;
} & {
  [N in Asked<C>]: (
    input: PlainJson<InputOf<C, N>>,
    acknowledge: Answered<OutputOf<C, N>, ErrorsOf<C, N>>,
  ) => void;
} & {
  [N in Task<C>]: (
    ...said: [data: PlainJson<Data<C, N>>] | [data: PlainJson<Data<C, N>>, acknowledge: Enqueued]
  ) => void;
} & {
  /** Waits for what a task gives that this user has enqueued, for up to `limits.requestTimeout`. */
  "eventwire:result": (
    id: string,
    acknowledge: (error: PlainTaskFailure | null, result: unknown) => void,
  ) => void;
  "eventwire:on": (...said: Listening<C>) => void;
  "eventwire:off": (...said: Listening<C>) => void;
  /** Gives fresh credentials of the same user. */
  "eventwire:auth": (...said: [auth: unknown] | [auth: unknown, acknowledge: Taken]) => void;
};
