import { EventwireError } from "@eventwire/queue";

/** A task that was waited for has failed for the last time. It is kept among the dead, to be looked at and redriven. */
export class TaskDeadError extends EventwireError {
  readonly code = "TaskDead";
  readonly id: string;
  /** What its last attempt failed with, in words. */
  readonly reason: string;

  constructor(name: string, id: string, reason: string) {
    super(`"${name}" ${id} is dead: ${reason}`, { name });
    this.id = id;
    this.reason = reason;
  }
}
