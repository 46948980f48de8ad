import { EventwireError } from "@eventwire/queue";

/** The answer did not come in time. Whether the handler ran is unknown. */
export class TimeoutError extends EventwireError {
  readonly code = "Timeout";
  override readonly retryable = true;

  constructor(name: string, milliseconds?: number, message?: string) {
    const within = milliseconds === undefined ? "in time" : `within ${milliseconds} ms`;
    super(message ?? `"${name}" was not answered ${within}. Pass { timeout } to wait longer.`, { name });
  }
}
