import type { Gap } from "@eventwire/core";
import { auditTime, type Observable } from "rxjs";
import type { LoggedMovement } from "../airspace-events.js";
import { findElement, writeText } from "../elements.js";
import { formatCount } from "../format.js";
import type { MovementCount, MovementTally } from "../movement-tally.js";

/** How often the count is written, in milliseconds. */
const PACE = 250;

const REASONS: Readonly<Record<Gap["reason"], string>> = {
  overflow: "this page was too slow for them",
  trimmed: "the hub's log had let them go",
  epoch: "the hub has a new log",
  truncated: "the hub's log has lost its end",
  disconnected: "the connection was lost",
  denied: "the hub does not let this page read so far back",
  invalid: "one could not be read",
};

/** What the count is made of. */
export interface MovementCountParts {
  readonly movements: Observable<LoggedMovement>;
  readonly gaps: Observable<Gap>;
  readonly tally: MovementTally;
}

/** Says how many movements have come, whether any is missing, and why. */
export function startMovementCount({ movements, gaps, tally }: MovementCountParts): void {
  const count = findElement("movements", HTMLElement);
  const reason = findElement("movements-gap", HTMLElement);
  movements.subscribe(({ data, offset }) => {
    if (offset !== undefined) tally.add(data.number, offset);
  });
  movements.pipe(auditTime(PACE)).subscribe(() => writeText(count, describe(tally.count)));
  gaps.subscribe((gap) => {
    if (gap.reason === "epoch") tally.startAnew();
    writeText(reason, `Some may be missing: ${REASONS[gap.reason]}.`);
  });
}

function describe({ received, missing, repeated }: MovementCount): string {
  const lost = missing === 0 ? "none missing" : `${formatCount(missing)} missing`;
  const twice = repeated === 0 ? "" : `, ${formatCount(repeated)} repeated`;
  return `${formatCount(received)} movements, ${lost}${twice}`;
}
