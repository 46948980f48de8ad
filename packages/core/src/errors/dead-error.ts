import { EventwireError } from "@eventwire/queue";
import { describe } from "./describe.js";

/**
 * A task, or an event in a group, failed for the last time. It is kept among the dead, to be looked at and redriven. What it
 * failed with is the `cause`.
 */
export class DeadError extends EventwireError {
  readonly code = "Dead";
  readonly id: string;
  /** How many attempts it had. */
  readonly attempts: number;

  constructor(name: string, id: string, attempts: number, cause: unknown) {
    super(
      `"${name}" ${id} died after ${attempts} attempt(s): ${describe(cause)}. Mend it, then redrive it.`,
      {
        name,
        cause,
      },
    );
    this.id = id;
    this.attempts = attempts;
  }
}
