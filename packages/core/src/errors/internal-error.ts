import { EventwireError } from "./eventwire-error.js";

/** A handler failed in a way that its contract does not declare. Over a link the cause stays at the server. */
export class InternalError extends EventwireError {
  readonly code = "Internal";

  constructor(name: string, cause?: unknown) {
    super(`The handler of "${name}" failed.`, { name, cause });
  }
}
