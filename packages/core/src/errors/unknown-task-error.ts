import { EventwireError } from "@eventwire/queue";

/** There never was such a task, or it is over and nothing is kept of it. */
export class UnknownTaskError extends EventwireError {
  readonly code = "UnknownTask";
  readonly id: string;

  constructor(name: string, id: string) {
    super(
      `"${name}" ${id} is not known: correct the id, or have what becomes of such tasks kept by { keep } or { result }.`,
      { name },
    );
    this.id = id;
  }
}
