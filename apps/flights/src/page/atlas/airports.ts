import { airports as rows } from "virtual:atlas";
import type { Airport } from "./airport.js";
import { project, regionOf } from "./projection.js";

/** The airports of the replay, the busiest first. */
export const airports: readonly Airport[] = rows.map(
  ([code, name, city, state, latitude, longitude], rank) => {
    const region = regionOf(latitude, longitude);
    const place = region && { region, point: project(region, latitude, longitude) };
    return { code, name, city, state, latitude, longitude, rank, place };
  },
);

const byCode = new Map(airports.map((airport) => [airport.code, airport]));

/** Finds an airport by its code. */
export const airportOf = (code: string): Airport | undefined => byCode.get(code);
