import { EventwireError } from "@eventwire/queue";

/** The connection was lost, so the outcome of what was under way is unknown; or there was none for too long. */
export class DisconnectedError extends EventwireError {
  readonly code = "Disconnected";
  override readonly retryable = true;
}
