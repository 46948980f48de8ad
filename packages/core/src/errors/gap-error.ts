import { EventwireError } from "@eventwire/queue";
import type { Gap } from "../gap.js";

/** Events were missed and nobody passed `onGap` to learn of it. */
export class GapError extends EventwireError {
  readonly code = "Gap";
  readonly gap: Gap;

  constructor(gap: Gap) {
    const { name, missed, reason, error: cause } = gap;
    const why = cause ? `${reason}: ${cause.message}` : reason;
    const advice = reason === "overflow" ? "listen with less work per event" : "load anew what they changed";
    super(
      `A listener of "${name}" missed ${missed === undefined ? "events" : `${missed} event(s)`} (${why}). ` +
        `Pass { onGap } to react, or ${advice}.`,
      { name, cause },
    );
    this.gap = gap;
  }
}

/** What `onGap` is by default. */
export function unhandledGap(gap: Gap): never {
  throw new GapError(gap);
}
