import { z } from "zod";
import { randomIntegers } from "../emit/points.js";

/** The payload: where a flight is. About 110 bytes of JSON. */
export interface Position {
  readonly flight: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  readonly time: number;
  /** Counts up from 0, so that each can be told from all others. */
  readonly number: number;
}

/** What every receiver checks a position by. */
export const positionSchema = z.object({
  flight: z.string().min(3).max(8),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  altitude: z.int().min(0).max(60_000),
  time: z.int(),
  number: z.int().min(0),
});

/** One of so many is invalid. */
const invalidEvery = 100;
const lapLength = 1_024;
const carriers = ["UA", "AA", "DL", "WN", "NW", "US"];
const base = 978_336_000_000;

const lap = createLap();

/**
 * The position of a number; the same in every process, and for every implementation. A flight's text has a tilde
 * between letters and a digit and nothing else of it has, so that positions can be counted in bytes, whatever the encoding.
 */
export function positionOf(number: number, valid = isValid(number)): Position {
  const { flight, latitude, longitude, altitude } = lap[number % lapLength]!;
  return {
    flight,
    latitude: valid ? latitude : -latitude * 10,
    longitude,
    altitude,
    time: base + number,
    number,
  };
}

/** Whether its schema accepts the position of this number. */
export function isValid(number: number): boolean {
  return number % invalidEvery !== invalidEvery >> 1;
}

/** How many of the first `count` positions are valid. */
export function countValid(count: number): number {
  return count - Math.floor((count + (invalidEvery >> 1) - 1) / invalidEvery);
}

/** Whether a position arrived as it was sent. */
export function isIntact(position: Position): boolean {
  const { number, time } = position;
  const { flight, latitude, longitude, altitude } = lap[number % lapLength]!;
  return (
    position.flight === flight &&
    position.latitude === latitude &&
    position.longitude === longitude &&
    position.altitude === altitude &&
    time === base + number
  );
}

function createLap() {
  const next = randomIntegers(7);
  return Array.from({ length: lapLength }, () => ({
    flight: `${carriers[next() % carriers.length]}~${1 + (next() % 2_999)}`,
    latitude: (2_400_000 + (next() % 2_500_000)) / 100_000,
    longitude: -(6_600_000 + (next() % 5_800_000)) / 100_000,
    altitude: next() % 41_000,
  }));
}
