import { EventwireError } from "@eventwire/queue";
import { describe } from "./describe.js";

/**
 * A broker failed for so long that what was given to it, and may have got there, can no longer be repeated without a risk
 * of doubling it.
 */
export class OutcomeUnknownError extends EventwireError {
  readonly code = "OutcomeUnknown";

  constructor(name: string, cause: unknown) {
    super(
      `Whether the broker has "${name}" is unknown: ${describe(cause)}. Look for it, or send it again if twice does no harm.`,
      { name, cause },
    );
  }
}
