/**
 * What a member's call rejects with where nobody will say what became of an event. That is no attempt that failed: who has the
 * event next does it.
 */
export class Interrupted extends Error {
  /** Whether it may have been begun, which whoever does it next is told by its `attempt`. */
  readonly begun: boolean;

  constructor(begun: boolean) {
    super("Who had the event has left.");
    this.begun = begun;
  }
}
