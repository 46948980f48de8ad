/// <reference types="vite/client" />

/** The map's outlines and airports, drawn from vega-datasets while the page is built. */
declare module "virtual:atlas" {
  /** SVG path data in map units. */
  export const land: string;
  export const borders: string;
  /** Code, name, city, state, latitude and longitude; the busiest first. */
  export const airports: readonly (readonly [string, string, string, string, number, number])[];
}
