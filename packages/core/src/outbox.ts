import type { EventwireError } from "@eventwire/queue";

/** What an outbox knows of its own way into the log. All of it is kept together. */
export interface OutboxState {
  /** Rises with each connection over which it sends; kept before it is used. */
  readonly epoch: number;
  /** The last epoch that the log is known to have taken; 0 when it never did. */
  readonly confirmed: number;
  /** The sequence of the first entry, in what the producer appends: from 1. */
  readonly first: number;
  /** How many of the entries, from the first on, may have been sent. */
  readonly sent: number;
  /** The user that the server named when it was first sent from; entries are never sent as another user. */
  readonly user: string | undefined;
}

/** A durable event that waits until the log has it. */
export interface OutboxEntry {
  readonly id: string;
  readonly name: string;
  /** When it was emitted, in milliseconds since the Unix epoch. */
  readonly time: number;
  /** Its data and what led to it, encoded by the bus: JSON text of well-formed Unicode, the store's to keep and not to read. */
  readonly body: string;
}

/** An outbox that nobody else has while it is open. */
export interface OpenOutbox {
  /** Its name among all producers, unique, for as long as it exists: up to 64 letters, digits, `-` and `_`. */
  readonly producer: string;
  /** As found. */
  readonly state: OutboxState;
  /** As found, in order. */
  readonly entries: readonly OutboxEntry[];
  /**
   * Adds behind the others. Resolves once it would survive what the store survives; rejects with an `OverflowError` where the
   * store has no room and an `UnavailableError` where it cannot be written, and then nothing of it is kept.
   */
  put(entries: readonly OutboxEntry[]): Promise<void>;
  /** In one step: lets go of the first `done` entries and keeps the state. */
  advance(done: number, state: OutboxState): Promise<void>;
  /** Lets go of it: where it is empty it is forgotten, else another may open it. Idempotent. */
  close(): Promise<void>;
}

/**
 * The port to what keeps the durable events that a client emits until the log has them. What it keeps is kept in order and
 * whole: a `put` or an `advance` that has resolved is there, one that has not is there or not.
 */
export interface OutboxStore {
  /** What survives: `"memory"` nothing, `"process"` the end of the process or page, `"power"` also that of the machine's power. */
  readonly durability: "memory" | "process" | "power";
  /**
   * Opens one that was left behind, or else a new one. `left` is told of others that are left behind, now or when who has them is
   * gone, each open; until `signal` aborts. `report` is told once of each that cannot be opened, and is kept as it is, while the others
   * go on. Default: it is logged.
   */
  open(options: {
    readonly left: (outbox: OpenOutbox) => void;
    readonly signal: AbortSignal;
    readonly report?: ((error: EventwireError) => void) | undefined;
  }): Promise<OpenOutbox>;
}
