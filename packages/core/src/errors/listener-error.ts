import { describe } from "./describe.js";
import { EventwireError } from "./eventwire-error.js";

/** A listener threw or rejected. The others ran; what it threw is the `cause`. */
export class ListenerError extends EventwireError {
  readonly code = "ListenerFailed";
  /** The id of the event that the listener was given. */
  readonly id: string;

  constructor(name: string, id: string, cause: unknown) {
    super(`A listener of "${name}" failed on event ${id}: ${describe(cause)}`, { name, cause });
    this.id = id;
  }
}
