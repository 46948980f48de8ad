import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A place where parcels are picked up and delivered: an airport. */
export interface Place {
  /** The IATA code, such as `SEA`. */
  readonly place: string;
  readonly city: string;
  readonly state: string;
  /** Degrees north and east. */
  readonly latitude: number;
  readonly longitude: number;
}

const require = createRequire(import.meta.url);

/** The airports that the service serves. */
const SERVED =
  "ANC ATL BOS BWI CLE CLT DCA DEN DFW DTW EWR IAH JFK LAS LAX MCI MCO MDW MEM MIA MSP MSY OAK ORD PDX PHL PHX PIT SAN SEA SFO SLC STL TPA".split(
    " ",
  );

const EARTH_RADIUS = 3_959;

/** Reads the places that are served, by their codes, from the airports of the installed `vega-datasets`. */
export function loadPlaces(): ReadonlyMap<string, Place> {
  // The package exports its loader alone; the data is beside it.
  const loader = require.resolve("vega-datasets");
  const rows = readFileSync(join(dirname(loader), "..", "data", "airports.csv"), "utf8").split(/\r?\n/);
  const known = new Map(rows.map((row) => [row.slice(0, 3), row]));
  return new Map(SERVED.map((code) => [code, parsePlace(code, known.get(code) ?? "")]));
}

/** Miles between two places, along a great circle. */
export function milesBetween(one: Place, other: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [from, to] = [radians(one.latitude), radians(other.latitude)];
  const across = radians(other.longitude - one.longitude);
  const chord = Math.sin((to - from) / 2) ** 2 + Math.cos(from) * Math.cos(to) * Math.sin(across / 2) ** 2;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(chord));
}

/** A name may have commas, so it is passed over from behind: iata,name,city,state,country,latitude,longitude. */
function parsePlace(place: string, row: string): Place {
  const [longitude, latitude, , state = "", city = ""] = row.split(",").reverse();
  const read = { place, city, state, latitude: Number(latitude), longitude: Number(longitude) };
  if (city === "" || Number.isNaN(read.latitude + read.longitude)) {
    throw new Error(`The airports have no ${place} that can be read: ${row}`);
  }
  return read;
}
