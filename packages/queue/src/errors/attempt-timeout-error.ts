import { EventwireError } from "./eventwire-error.js";

/** A worker took longer than its `timeout`. What it still does has no effect on the entry. */
export class AttemptTimeoutError extends EventwireError {
  readonly code = "AttemptTimeout";
  override readonly retryable = true;

  constructor(name: string, id: number | string, milliseconds: number) {
    super(
      `A worker of "${name}" did not end with ${id} within ${milliseconds} ms. Pass { timeout } to wait longer, and end early when its signal aborts.`,
      { name },
    );
  }
}
