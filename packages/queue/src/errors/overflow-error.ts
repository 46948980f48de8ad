import { EventwireError } from "./eventwire-error.js";

/** A bound was reached: the mailbox of a bus, the capacity of a queue, the rights of a peer, the size of a message. Nothing was taken in. */
export class OverflowError extends EventwireError {
  readonly code = "Overflow";
  override readonly retryable = true;
}
