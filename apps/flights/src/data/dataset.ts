import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** The files of `vega-datasets` that the replay and the map are made from. */
export type DatasetFile = "airports.csv" | "flights-3m.parquet" | "us-10m.json";

/**
 * The path of a data file of the installed `vega-datasets` package.
 *
 * The package exports its loader only, so that the folder is found next to the loader.
 */
export function datasetPath(file: DatasetFile): string {
  const loader = require.resolve("vega-datasets");
  return join(dirname(loader), "..", "data", file);
}
