import { EventwireError } from "./eventwire-error.js";

/** The bus or the queue was closed before or during the call. */
export class ClosedError extends EventwireError {
  readonly code = "Closed";

  /**
   * @param what what did not happen, such as `"chat.said" was not emitted`.
   * @param name the event, task or request that this is about.
   * @param closed what is closed. Default: the bus.
   */
  constructor(what: string, name?: string, closed = "bus") {
    super(`${what}: the ${closed} is closed. Create a new ${closed} to go on.`, { name });
  }
}
