/** An event that somebody has begun to emit. */
export interface Attempt {
  /** Kept outside of the system: not the one that it gives. */
  readonly id: string;
  readonly name: string;
  readonly key: string | undefined;
  /** Whose order it is in. */
  readonly by: string;
}

/** Whether an event is for somebody. */
export type Wants = (attempt: Attempt) => boolean;

/** A place in one history of a log. */
export interface Place {
  readonly epoch: string;
  readonly number: number;
}

/** What is known of an event. */
export interface Event extends Attempt {
  /** When, in what the oracle was told. */
  readonly attempted: number;
  acknowledged: { readonly moment: number; readonly place: Place | undefined } | undefined;
  /** Its emitter was told that it is not there, in the history that began then or one after it. */
  refused: number | undefined;
  /** Where it was seen, by the epoch of the history. */
  readonly places: Map<string, number>;
  /** By whom, and when the newest history began in which each has seen it. */
  readonly seenBy: Map<string, number>;
  /** What the system calls it. */
  alias: string | undefined;
}

/** Something that is gone on purpose, which who would have got it must be told. */
export interface Loss {
  readonly reason: GapReason;
  readonly moment: number;
  readonly covers: (event: Event) => boolean;
}

export type GapReason = "trimmed" | "epoch";

/** The place that an offset, `epoch.number`, names. */
export function placeOf(offset: string): Place {
  const dot = offset.lastIndexOf(".");
  return { epoch: offset.slice(0, dot), number: Number(offset.slice(dot + 1)) };
}
