import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { loadAirports } from "../../data/airports.js";
import { datasetPath } from "../../data/dataset.js";

/** The first week's flights, which already touch every airport of the file. */
const ROWS = 120_000;

type Row = [code: string, name: string, city: string, state: string, latitude: number, longitude: number];

/** The airports that the flights file uses and the airports file places, the busiest first. */
export async function readFlownAirports(): Promise<Row[]> {
  const [airports, origins] = await Promise.all([loadAirports(), readOrigins()]);
  const departures = new Map<string, number>();
  for (const origin of origins) departures.set(origin, (departures.get(origin) ?? 0) + 1);
  return [...departures]
    .sort(([, one], [, other]) => other - one)
    .flatMap(([code]): Row[] => {
      const airport = airports.get(code);
      if (airport === undefined) return [];
      const { name, city, state, latitude, longitude } = airport;
      return [[code, name, city, state, latitude, longitude]];
    });
}

async function readOrigins(): Promise<string[]> {
  const file = await asyncBufferFromFile(datasetPath("flights-3m.parquet"));
  const flights = await parquetReadObjects({
    file,
    compressors,
    columns: ["origin"],
    rowStart: 0,
    rowEnd: ROWS,
  });
  return flights.map(({ origin }) => String(origin));
}
