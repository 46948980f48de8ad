import { EventwireError } from "@eventwire/queue";
import { describe } from "./describe.js";

/** A broker failed at something that the bus tries again by itself. Reported once for a row of failures. */
export class BrokerError extends EventwireError {
  readonly code = "Broker";
  override readonly retryable = true;

  constructor(what: string, cause: unknown) {
    super(`The broker failed to ${what}: ${describe(cause)}. It is tried again.`, { cause });
  }
}
