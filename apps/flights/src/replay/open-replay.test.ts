import { expect, test } from "vitest";
import { loadAirports } from "../data/airports.js";
import { openReplay, REPLAY_START } from "./open-replay.js";

test("the replay begins at eight with the morning's flights in the air", async () => {
  const { replay, close } = await openReplay(await loadAirports());
  expect(replay.time).toBe(REPLAY_START);
  expect(new Date(replay.time).toISOString()).toBe("2001-01-01T08:00:00.000Z");
  // The file has 1,716 rows from midnight up to and with eight o'clock.
  expect(replay.departed).toBe(1_716);
  expect(replay.airborne.size).toBeGreaterThan(1_000);
  expect(replay.unplaced).toBe(0);
  for (const { flight } of replay.airborne) {
    expect(flight.departedAt).toBeLessThanOrEqual(REPLAY_START);
    expect(flight.arrivesAt).toBeGreaterThan(REPLAY_START);
  }
  await close();
});

test("a replay that goes on behind a movement has flown all days up to there, however far it had to read", async () => {
  const reached = { kind: "departed", row: 600_000, at: Date.UTC(2001, 1, 7) } as const;
  const { replay, close } = await openReplay(await loadAirports(), reached);
  expect(replay.time).toBe(reached.at);
  expect(replay.departed).toBeGreaterThan(500_000);
  await close();
});
