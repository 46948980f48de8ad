import { readFile } from "node:fs/promises";
import { type GeoPermissibleObjects, geoPath } from "d3-geo";
import { merge, mesh } from "topojson-client";
import type { GeometryCollection, MultiPolygon, Polygon, Topology } from "topojson-specification";
import { PathSketch } from "./path-sketch.js";
import { projections, type Region } from "./projection.js";

/** Federal codes of the states and territories that are drawn as insets. */
const INSETS = new Map<number, Region>([
  [2, "alaska"],
  [15, "hawaii"],
  [72, "caribbean"],
  [78, "caribbean"],
]);

type States = Topology<{ states: GeometryCollection }>;

/** Draws the coast and the state borders of a TopoJSON file as SVG path data, in map units. */
export async function readOutlines(file: string): Promise<{ land: string; borders: string }> {
  const topology = JSON.parse(await readFile(file, "utf8")) as States;
  const states = topology.objects.states.geometries as (Polygon | MultiPolygon)[];
  const regionOf = (state: Polygon | MultiPolygon): Region => INSETS.get(Number(state.id)) ?? "mainland";
  const regions: Region[] = ["mainland", "alaska", "hawaii", "caribbean"];
  const land = regions.map((region) => {
    const parts = states.filter((state) => regionOf(state) === region);
    return draw(region, merge(topology, parts));
  });
  const borders = mesh(topology, topology.objects.states, (one, other) => one !== other);
  return { land: land.join(""), borders: draw("mainland", borders) };
}

function draw(region: Region, shape: GeoPermissibleObjects): string {
  const sketch = new PathSketch();
  geoPath(projections[region], sketch)(shape);
  return sketch.toString();
}
