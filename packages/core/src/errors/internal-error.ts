import { EventwireError } from "@eventwire/queue";
import { type Cause, inWords } from "../cause.js";

/** A handler failed in a way that its contract does not declare. Over a link the cause stays at the server. */
export class InternalError extends EventwireError {
  readonly code = "Internal";

  /** What led to the request, newest first. */
  readonly chain: readonly Cause[];

  constructor(name: string, cause?: unknown, chain: readonly Cause[] = []) {
    super(`The handler of "${name}" failed${inWords(chain)}.`, { name, cause });
    this.chain = chain;
  }
}
