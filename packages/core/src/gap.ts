import type { Key } from "./key.js";

/** The typed notice that some events can never be delivered to a listener, and why. */
export interface Gap {
  /** The name or pattern that was listened to. */
  readonly name: string;
  /** The key that was listened to, if one was. */
  readonly key: Key | undefined;
  /**
   * `overflow`: the listener was slower than its events for longer than its buffer holds. `trimmed`: the log let them go
   * before they were read. `epoch`: the log is not the one that was read before, such as after a restore, so that it may
   * hold other events at the same offsets; what it holds is read from its start.
   */
  readonly reason: "overflow" | "trimmed" | "epoch";
  /** How many events are missing; `undefined` where nobody counted them. */
  readonly missed: number | undefined;
}
