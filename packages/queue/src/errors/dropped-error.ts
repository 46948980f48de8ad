import { EventwireError } from "./eventwire-error.js";

/** Entries were dropped and nobody passed `onDrop` to learn of it; logged once a queue. */
export class DroppedError extends EventwireError {
  readonly code = "Dropped";

  constructor(name: string, id: number, reason: string) {
    super(
      `"${name}" dropped entry ${id} (${reason}), and more may follow. Pass { onDrop } to learn of each one.`,
      { name },
    );
  }
}
