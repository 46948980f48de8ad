import { EventwireError } from "@eventwire/queue";

/** What something is kept in cannot be read or written: it is missing, damaged, not allowed, or held by somebody else. */
export class UnavailableError extends EventwireError {
  readonly code = "Unavailable";
  override readonly retryable: boolean = true;
}
