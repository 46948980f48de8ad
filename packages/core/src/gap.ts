import type { EventwireError } from "@eventwire/queue";
import type { Key } from "./key.js";
import type { Offset } from "./message.js";

/** The typed notice that some events can never be delivered to a listener, and why. */
export interface Gap {
  /** The name or pattern that was listened to; for gaps of a connection, the name alone. */
  readonly name: string;
  /** The key whose events are missing; `undefined` where it may be any that was listened to. */
  readonly key: Key | undefined;
  /**
   * `overflow`: the listener was slower than its events for longer than its buffer holds. `trimmed`: the log let them go
   * before they were read. `epoch`: the log is not the one that was read before, such as after a restore, so that it may
   * hold other events at the same offsets; what it holds is read from its start. `truncated`: the log has lost its end, such as by a
   * damage of what it is kept in, and gives the offsets of what was lost to other events; it is read on from where it ends. `disconnected`: the connection was lost; it is
   * told when listening is in force again, so that a state which is loaded then and the events after it make a whole. `denied`:
   * it may not be listened to any more, or not from so far back. `invalid`: what the log has there cannot be read any more.
   */
  readonly reason: "overflow" | "trimmed" | "epoch" | "truncated" | "disconnected" | "denied" | "invalid";
  /** How many events are missing; `undefined` where nobody counted them. */
  readonly missed: number | undefined;
  /** Of `denied`, over a link: what the server has said, which may also be that something else stands against it than a rule. */
  readonly error?: EventwireError | undefined;
  /** Of durable events: after which offset they are missing. */
  readonly from?: Offset | undefined;
  /** Of durable events: up to which offset, itself included; of another epoch, where it begins. */
  readonly to?: Offset | undefined;
}

/** Why events of a log can never be delivered. */
export type LogGapReason = Extract<Gap["reason"], "trimmed" | "epoch" | "truncated">;
