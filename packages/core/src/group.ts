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
}
