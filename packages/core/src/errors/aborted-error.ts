import { EventwireError } from "./eventwire-error.js";

/** The caller's own AbortSignal ended the call; its reason is the `cause`. */
export class AbortedError extends EventwireError {
  readonly code = "Aborted";

  constructor(name: string, reason: unknown) {
    super(`"${name}" was aborted by its caller.`, { name, cause: reason });
  }
}
