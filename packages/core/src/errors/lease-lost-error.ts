import { EventwireError } from "@eventwire/queue";

/**
 * Work went on for longer than the broker believed that somebody was at it, such as after a pause of the process: somebody
 * else may do it again, and what comes of it here has no effect.
 */
export class LeaseLostError extends EventwireError {
  readonly code = "LeaseLost";
  override readonly retryable = true;

  constructor(name: string, id: string) {
    super(`The lease on "${name}" ${id} was lost: it is done again, here or elsewhere.`, { name });
  }
}
