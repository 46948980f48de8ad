import type { Key } from "./key.js";

/** The typed notice that some events can never be delivered to a listener, and why. */
export interface Gap {
  readonly name: string;
  /** The key that was listened to, if one was. */
  readonly key: Key | undefined;
  /** `overflow`: the listener was slower than its events for longer than its buffer holds. */
  readonly reason: "overflow";
  /** How many events are missing. */
  readonly missed: number;
}
