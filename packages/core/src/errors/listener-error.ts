import { EventwireError } from "@eventwire/queue";
import { type Cause, inWords } from "../cause.js";
import { describe } from "./describe.js";

/** A listener threw or rejected. The others ran; what it threw is the `cause`. */
export class ListenerError extends EventwireError {
  readonly code = "ListenerFailed";
  /** The id of the event that the listener was given. */
  readonly id: string;
  /** What led to the event, newest first. */
  readonly chain: readonly Cause[];

  constructor(name: string, id: string, cause: unknown, chain: readonly Cause[] = []) {
    super(`A listener of "${name}" failed on event ${id}${inWords(chain)}: ${describe(cause)}`, {
      name,
      cause,
    });
    this.id = id;
    this.chain = chain;
  }
}
