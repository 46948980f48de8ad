import { readFile } from "node:fs/promises";
import { csvFields } from "./csv.js";
import { datasetPath } from "./dataset.js";

/** An airport of the United States and where it lies. */
export interface Airport {
  /** The IATA code, such as `SFO`. */
  readonly code: string;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east: negative over America. */
  readonly longitude: number;
}

/** Airports by their IATA code. */
export type Airports = ReadonlyMap<string, Airport>;

/**
 * Reads every airport with its coordinates: 3,376 of them, of which the flights use 223.
 *
 * @throws when the file cannot be read or a line of it makes no sense.
 */
export async function loadAirports(path: string = datasetPath("airports.csv")): Promise<Airports> {
  const [header, ...lines] = (await readFile(path, "utf8")).split(/\r?\n/).filter((line) => line !== "");
  if (header !== "iata,name,city,state,country,latitude,longitude") {
    throw new Error(`${path} does not have the columns of an airports file: ${header}`);
  }
  return new Map(lines.map(parseAirport).map((airport) => [airport.code, airport]));
}

function parseAirport(line: string): Airport {
  const [code = "", name = "", city = "", state = "", , latitude = "", longitude = ""] = csvFields(line);
  const airport = { code, name, city, state, latitude: Number(latitude), longitude: Number(longitude) };
  if (latitude === "" || longitude === "" || Number.isNaN(airport.latitude + airport.longitude)) {
    throw new Error(`An airport has no coordinates: ${line}`);
  }
  return airport;
}
