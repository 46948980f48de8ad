import type { Plugin } from "vite";
import { datasetPath } from "../../data/dataset.js";
import { readFlownAirports } from "./flown-airports.js";
import { readOutlines } from "./outlines.js";

const NAME = "virtual:atlas";
const RESOLVED = `\0${NAME}`;

/**
 * Provides `virtual:atlas`: the map and the airports of vega-datasets, projected, simplified and reduced to
 * what the page draws, so that a browser loads some 60 kB instead of 850 and projects no coastline.
 */
export function atlasPlugin(): Plugin {
  return {
    name: "flights-atlas",
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined;
      const [{ land, borders }, airports] = await Promise.all([
        readOutlines(datasetPath("us-10m.json")),
        readFlownAirports(),
      ]);
      return Object.entries({ land, borders, airports })
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
        .join("\n");
    },
  };
}
