import { EventwireError } from "./eventwire-error.js";

/** The caller's own AbortSignal ended the call; its reason is the `cause`. */
export class AbortedError extends EventwireError {
  readonly code = "Aborted";

  /** @param what what was aborted, in words. Default: the message of that name. */
  constructor(name: string, reason: unknown, what = `"${name}"`) {
    super(`${what} was aborted by its caller.`, { name, cause: reason });
  }
}
