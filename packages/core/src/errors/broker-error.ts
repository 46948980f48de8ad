import { EventwireError } from "@eventwire/queue";
import { describe } from "./describe.js";

/** A broker failed at something that the bus tries again by itself, or at its end. Reported once for a row of failures. */
export class BrokerError extends EventwireError {
  readonly code = "Broker";
  override readonly retryable: boolean;

  /** @param again whether it is tried again. */
  constructor(what: string, cause: unknown, again = true) {
    super(`The broker failed to ${what}: ${describe(cause)}.${again ? " It is tried again." : ""}`, {
      cause,
    });
    this.retryable = again;
  }
}
