import type { Gap } from "../gap.js";
import { EventwireError } from "./eventwire-error.js";

/** Events were missed and nobody passed `onGap` to learn of it. */
export class GapError extends EventwireError {
  readonly code = "Gap";
  readonly gap: Gap;

  constructor(gap: Gap) {
    super(
      `A listener of "${gap.name}" missed ${gap.missed} event(s) (${gap.reason}). ` +
        "Pass { onGap } to react, or listen with less work per event.",
      { name: gap.name },
    );
    this.gap = gap;
  }
}
