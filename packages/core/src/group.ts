import type { Backoff } from "@eventwire/queue";
import type { Contract, Data, DurableName, KeyOf } from "./contract.js";
import type { Offset } from "./message.js";
import type { DeadLetter } from "./work.js";

/** How a listener is one of a group. */
export interface GroupOptions {
  /**
   * The name of a group: its members, here and in other processes, share the events, each of which is done by one of them
   * at least once; the group remembers what is done. Words of letters, digits, `-` and `_`, joined by dots. `since` says
   * where a new group begins. Default: none, the listener hears all.
   *
   * @example
   * ```ts
   * bus.on("order.placed", (order) => bill(order), { group: "billing", since: "start", attempts: 10 });
   * ```
   */
  readonly group?: string | undefined;
  /** How often the group tries an event before it is dead. Default 5. */
  readonly attempts?: number | undefined;
  /**
   * How long the group waits after a failed attempt; only the event's key waits. Default: up to a second after the first,
   * twice as long after each further one, at most an hour, by chance within that.
   */
  readonly backoff?: Backoff | undefined;
}

/** An event whose attempts in a group are used up, or that the group cannot read. */
export interface DeadEvent<N extends string = string, D = unknown, K = unknown, Valid = boolean>
  extends DeadLetter<D, K> {
  readonly name: N;
  /** What the group listens to: the name, or a pattern. */
  readonly pattern: string;
  /** Its position in the log. */
  readonly offset: Offset;
  /**
   * Whether its data is what the contract says. What is not is dead at once, without a further attempt: it could not be read, its
   * schema does not take it any more, or its name is gone. `data` is then what is there, `undefined` where it cannot be read.
   */
  readonly valid: Valid;
}

/** The dead events of a contract, as a discriminated union by `name` and `valid`. */
export type DeadEventOf<
  C extends Contract,
  N extends DurableName<C> & string = DurableName<C> & string,
> = N extends unknown
  ? DeadEvent<N, Data<C, N>, KeyOf<C, N>, true> | DeadEvent<N, unknown, KeyOf<C, N>, false>
  : never;

/** How far a group is behind with what it listens to, by what its members have saved. */
export interface GroupLag {
  /** How many events are neither done nor dead; those that are under way, or wait to be tried again, are among them. */
  readonly behind: number;
  /** Whether there is more of the log than was read: `behind` is then what it is at least. */
  readonly more: boolean;
  /** When the oldest of them was emitted, or redriven, in milliseconds since the Unix epoch; `undefined` without any. */
  readonly oldest: number | undefined;
}

export interface LagOptions {
  /** How many events are read at most, those that are done already included. Default 10,000. */
  readonly limit?: number | undefined;
}

/** A group, to look at and to mend. */
export interface Group<Dead = DeadEvent> {
  /** The dead, oldest first, from after an id on. At most `limit`, default 100. */
  dead(options?: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<readonly Dead[]>;
  /**
   * Lets the dead be done again by the group, from their first attempt, after the events of their keys that are in the log
   * by then. Resolves with how many were.
   */
  redrive(ids: readonly string[] | "all"): Promise<number>;
  /**
   * How far the group is behind with a name or pattern that it listens to, whichever process its members are in; nothing where it
   * has never listened to that. Takes nothing from the members, who save at most every 100 ms what they have done, so it may tell of
   * events that are just done.
   *
   * It costs 2 looks at the broker's cursors, or 66 where the group has had several members, and a read of what comes after the first
   * event that is not done, of up to `limit` events, in pages of 1,000: ask every few seconds, not for each event.
   *
   * Rejects with a `MisuseError` where the contract has no durable event of that name or pattern.
   *
   * @example
   * ```ts
   * const lag = await bus.group("billing").lag("order.paid");
   * if (lag?.oldest !== undefined && Date.now() - lag.oldest > 60_000) console.warn(`billing is ${lag.behind} behind`);
   * ```
   */
  lag(pattern: string, options?: LagOptions): Promise<GroupLag | undefined>;
}
