import { EventwireError } from "@eventwire/core";

/**
 * The log and the database of an outbox are not of one history: one of them was restored, or is a new one. Nothing is lost: what the
 * outbox holds is published as by a new producer, and what the log has of it already, is there twice.
 */
export class OutboxRestartedError extends EventwireError {
  readonly code = "OutboxRestarted";
  /** The id of the first event that is published so. */
  readonly id: string;

  /** @param outcome what the log calls it. */
  constructor(name: string, id: string, outcome: string) {
    super(
      `The outbox and the log are not of one history, for the log calls event ${id} ("${name}") ${outcome}: what the outbox holds from there on is published anew. See that no event of before a restore is in the log twice.`,
      { name },
    );
    this.id = id;
  }
}
