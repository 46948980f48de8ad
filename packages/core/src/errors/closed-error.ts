import { EventwireError } from "./eventwire-error.js";

/** The bus was closed before or during the call. */
export class ClosedError extends EventwireError {
  readonly code = "Closed";

  constructor(what: string, name?: string) {
    super(`${what}: the bus is closed. Create a new bus to go on.`, { name });
  }
}
