import { EventwireError } from "./eventwire-error.js";

/** A loop over entries ended, by `break` or by an error, in the middle of this one. */
export class AbandonedError extends EventwireError {
  readonly code = "Abandoned";
  override readonly retryable = true;

  constructor(name: string, id: number) {
    super(
      `A loop over "${name}" ended in the middle of entry ${id}. Settle the entry before a break: entry.done() or entry.release().`,
      { name },
    );
  }
}
