import { interval, type Observable } from "rxjs";
import type { Replay } from "../../contract.js";
import { findElement, writeText } from "../elements.js";
import { formatCount, formatDay, formatTime } from "../format.js";
import type { SimulatedClock } from "../motion/simulated-clock.js";

/** Shows the simulated clock and how many flights are in the air, have left, and could not be placed. */
export function startReplayFigures(replays: Observable<Replay>, clock: SimulatedClock): void {
  const airborne = findElement("airborne", HTMLElement);
  const departed = findElement("departed", HTMLElement);
  const unplaced = findElement("unplaced", HTMLElement);
  const day = findElement("clock-day", HTMLElement);
  const time = findElement("clock-time", HTMLTimeElement);

  replays.subscribe((replay) => {
    writeText(airborne, formatCount(replay.airborne));
    writeText(departed, formatCount(replay.departed));
    writeText(unplaced, formatCount(replay.unplaced));
  });
  interval(100).subscribe(() => {
    if (!clock.known) return;
    const now = clock.read(performance.now());
    writeText(time, formatTime(now));
    writeText(day, formatDay(now));
    const moment = new Date(now).toISOString().slice(0, 16);
    if (time.dateTime !== moment) time.dateTime = moment;
  });
}
