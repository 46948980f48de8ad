import { EventwireError } from "@eventwire/queue";

/** Somebody has cancelled the task: what a worker still does has no effect on it. */
export class CancelledError extends EventwireError {
  readonly code = "Cancelled";
  readonly id: string;

  constructor(name: string, id: string) {
    super(`"${name}" ${id} was cancelled.`, { name });
    this.id = id;
  }
}
