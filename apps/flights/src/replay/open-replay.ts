import type { Airports } from "../data/airports.js";
import { openFlightFile } from "../data/flight-file.js";
import { flyAgain, type ReachedMovement } from "./fly-again.js";
import { Replay, type ReplayEvent } from "./replay.js";
import { ReadAheadTimetable } from "./timetable.js";

/** 08:00 on 1 January 2001 on the replay's clock, when it begins to be watched; counting began at midnight. */
export const REPLAY_START = Date.UTC(2001, 0, 1, 8);

/** A replay and the file that it reads. */
export interface OpenReplay {
  readonly replay: Replay;
  /** What happened after the movement that was reached and at its very moment, so that the replay has it behind it. */
  readonly due: readonly ReplayEvent[];
  /** Stops reading. */
  close(): Promise<void>;
}

/**
 * Opens the file and flies the first day from midnight to the start, so that the sky is full at once; or all days up to a
 * movement that was reached before.
 */
export async function openReplay(airports: Airports, reached?: ReachedMovement): Promise<OpenReplay> {
  const file = await openFlightFile();
  const timetable = await ReadAheadTimetable.open(file.read(), airports);
  const replay = new Replay(timetable);
  if (!reached) replay.advance(REPLAY_START);
  const due = reached ? await flyAgain(replay, timetable, reached) : [];
  return { replay, due, close: () => timetable[Symbol.asyncDispose]() };
}
