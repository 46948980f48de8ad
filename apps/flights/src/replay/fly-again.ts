import type { Replay, ReplayEvent } from "./replay.js";
import type { Timetable } from "./timetable.js";

/** A departure or an arrival up to which a replay has told its story before. */
export interface ReachedMovement {
  readonly kind: ReplayEvent["kind"];
  /** The row of its flight. */
  readonly row: number;
  /** When it was, in simulated time. */
  readonly at: number;
}

/**
 * Flies a new replay up to the moment of a movement, as fast as the timetable can be read.
 *
 * A replay tells the same story each time, so that one movement says how far it was told, to the very flight.
 *
 * @returns what happened at that moment behind the movement.
 */
export async function flyAgain(
  replay: Replay,
  timetable: Timetable,
  reached: ReachedMovement,
): Promise<readonly ReplayEvent[]> {
  const moment: ReplayEvent[] = [];
  for (;;) {
    moment.push(...replay.advance(reached.at).filter((event) => timeOf(event) === reached.at));
    // Of the last moment that is known more flights may follow.
    if (timetable.knownUntil > reached.at) break;
    await timetable.read();
  }
  const last = moment.findIndex(
    ({ kind, aircraft }) => kind === reached.kind && aircraft.flight.row === reached.row,
  );
  return moment.slice(last + 1);
}

function timeOf({ kind, aircraft: { flight } }: ReplayEvent): number {
  return kind === "departed" ? flight.departedAt : flight.arrivesAt;
}
