import type { Contract, DurableName, EventName, KeyOf } from "../contract.js";
import type { Gap } from "../gap.js";
import type { EventMessage, MessageOf, Offset } from "../message.js";
import type { Subscription } from "../subscription.js";

/** The names of a contract's durable events. */
export type ProjectedName<C extends Contract> = DurableName<C> & EventName<C>;

type Keyless<C extends Contract, N extends ProjectedName<C>> = N extends unknown
  ? [KeyOf<C, N>] extends [never]
    ? N
    : never
  : never;

interface KeyedBy<Message, K> {
  /** The key whose state an event changes; `undefined` where it changes none. Default: the key in the contract. */
  readonly key: (event: Message) => K | undefined;
}

/** `key` may be left out where all of the events have one in the contract. */
type Keying<C extends Contract, N extends ProjectedName<C>, K> = [Keyless<C, N>] extends [never]
  ? Partial<KeyedBy<MessageOf<C, N>, K>>
  : KeyedBy<MessageOf<C, N>, K>;

interface Folding<Message, State> {
  /**
   * What the state of a key becomes by an event; `undefined` forgets the key. It is called at once and in the order of the log,
   * and must neither wait nor change what it is given: who reads has the same objects. Where it throws, that is reported, and the key
   * stays as it was, listed in the projection's `failed`.
   */
  readonly fold: (state: State | undefined, event: Message) => State | undefined;
}

interface Settings {
  /**
   * Has the state saved in the broker, so that the next start folds only what came since: letters, digits, `-` and `_`, in words
   * joined by dots. Each process that projects the same name reads and saves the same. Default: none, all that the log keeps
   * is folded at each start.
   */
  readonly name?: string | undefined;
  /** Of `fold` and `key`: what another version has saved is not read. A whole number of at least 0. Default 0. */
  readonly version?: number | undefined;
  /** How often the state is saved where it changes, in milliseconds; also at the end. Default 10,000. */
  readonly saveEvery?: number | undefined;
  /**
   * Told when the log lacks events that should have been folded. The state is then made anew of what there is. Default: reported
   * to `onError`.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** How events become state. */
export type ProjectOptions<C extends Contract, N extends ProjectedName<C>, State, K> = Keying<C, N, K> &
  Folding<MessageOf<C, N>, State> &
  Settings;

/** The same without the contract's types. */
export type AnyProjectOptions = Partial<KeyedBy<EventMessage, unknown>> &
  Folding<EventMessage, unknown> &
  Settings;

/** What became of a projection's state: a union by `type`. */
export type ProjectionChange<K, State> =
  /** The state of a key, `undefined` where the key was forgotten. */
  | { readonly type: "change"; readonly key: K; readonly value: State | undefined }
  /** All of it at once: what came before counts no more. */
  | { readonly type: "snapshot"; readonly entries: readonly (readonly [key: K, value: State])[] };

/** What could not be folded. */
export interface ProjectionFailure {
  /** Of the event. */
  readonly name: string;
  readonly id: string;
  readonly offset: Offset;
  /** What was thrown. */
  readonly error: unknown;
}

/** A state for each key, folded from the log of durable events and kept up to date. Made by `project`. */
export interface Projection<K, State> extends Disposable {
  /**
   * Resolves when all is folded that was in the log when it began. Rejects with an `UnsupportedError` on a client's bus, and with
   * a `ClosedError` where it ends before. A rejection that nobody awaits is reported, unless it is the end.
   */
  readonly ready: Promise<void>;
  /** Resolves when it is stopped, or the bus has ended. The state stays to be read. */
  readonly ended: Promise<void>;
  /** Resolves when the bus begins to close, or it is stopped: what shows it elsewhere ends then, so as not to keep the bus from closing. */
  readonly closing: Promise<void>;
  /** The state of a key, as `fold` gave it: not to be changed. */
  get(key: K): State | undefined;
  /** The states in memory, in the order in which their keys came; what changes meanwhile is seen by who has not passed it. */
  entries(): IterableIterator<readonly [key: K, value: State]>;
  /** How many keys have a state. */
  readonly size: number;
  /**
   * The keys with an event that could not be folded, and the first such event: its `fold` threw, or it cannot be read. Their states are
   * those of before it, and nothing more is folded into them; other keys go on. As long as there are any nothing is saved, so that the
   * next start, with what was wrong put right, folds these events too. Under `undefined`: the first whose key cannot be told.
   *
   * @example
   * ```ts
   * if (board.failed.has("UA1")) showAsOutdated();
   * ```
   */
  readonly failed: ReadonlyMap<K | undefined, ProjectionFailure>;
  /** All up to here is folded, but for what failed; `undefined` before anything is known of the log. */
  readonly position: Offset | undefined;
  /**
   * Calls `listener` at each change, once the state has it, also before it is `ready`. What it throws is reported.
   *
   * @example
   * ```ts
   * board.on((change) => {
   *   if (change.type === "change") show(change.key, change.value);
   * });
   * ```
   */
  on(
    listener: (change: ProjectionChange<K, State>) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Subscription;
  /** Ends it: nothing more is folded. What is not saved yet is saved. */
  stop(): void;
}
