import { EventwireError } from "@eventwire/queue";

/** Nobody handles this request at the moment. */
export class NoHandlerError extends EventwireError {
  readonly code = "NoHandler";
  override readonly retryable = true;

  constructor(name: string) {
    super(`"${name}" has no handler. Call bus.handle("${name}", ...) first, where it is answered.`, {
      name,
    });
  }
}
