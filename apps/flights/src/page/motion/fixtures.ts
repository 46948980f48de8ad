import type { Airport } from "../atlas/airport.js";
import { project, regionOf } from "../atlas/projection.js";
import type { Flight } from "./fleet.js";

/** An airport at a place, for tests. */
export function airport(code: string, latitude: number, longitude: number): Airport {
  const region = regionOf(latitude, longitude);
  const place = region && { region, point: project(region, latitude, longitude) };
  return { code, name: code, city: code, state: "", latitude, longitude, rank: 0, place };
}

/** Airports of the mainland, an inset, and beyond the map. */
export const someAirports = {
  SFO: airport("SFO", 37.619, -122.375),
  JFK: airport("JFK", 40.64, -73.779),
  HNL: airport("HNL", 21.319, -157.922),
  GUM: airport("GUM", 13.483, 144.796),
};

/** A flight from San Francisco to New York that takes a hundred minutes from time 0. */
export const someFlight: Flight = {
  flight: "1",
  origin: "SFO",
  destination: "JFK",
  departedAt: 0,
  arrivesAt: 6_000_000,
  delay: 0,
};
