import type { Airports } from "../data/airports.js";
import { openFlightFile } from "../data/flight-file.js";
import { Replay } from "./replay.js";
import { ReadAheadTimetable } from "./timetable.js";

/** 08:00 on 1 January 2001 on the replay's clock, when it begins to be watched; counting began at midnight. */
export const REPLAY_START = Date.UTC(2001, 0, 1, 8);

/** A replay and the file that it reads. */
export interface OpenReplay {
  readonly replay: Replay;
  /** Stops reading. */
  close(): Promise<void>;
}

/** Opens the file and flies the first day from midnight to the start, so that the sky is full at once. */
export async function openReplay(airports: Airports): Promise<OpenReplay> {
  const file = await openFlightFile();
  const timetable = await ReadAheadTimetable.open(file.read(), airports);
  const replay = new Replay(timetable);
  replay.advance(REPLAY_START);
  return { replay, close: () => timetable[Symbol.asyncDispose]() };
}
