import { EventwireError } from "./eventwire-error.js";

/** The answer did not come in time. Whether the handler ran is unknown. */
export class TimeoutError extends EventwireError {
  readonly code = "Timeout";
  override readonly retryable = true;

  constructor(name: string, milliseconds: number) {
    super(`"${name}" was not answered within ${milliseconds} ms. Pass { timeout } to wait longer.`, { name });
  }
}
