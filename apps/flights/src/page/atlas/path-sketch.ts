import type { GeoContext } from "d3-geo";

/** Steps shorter than this, in map units, cannot be seen and are left out. */
const STEP = 0.6;
/** Islands narrower than this are left out. */
const ISLAND = 1.2;

/** Collects drawing steps as compact SVG path data, leaving out what is too small to see. */
export class PathSketch implements GeoContext {
  readonly #parts: string[] = [];
  #line: (readonly [number, number])[] = [];

  beginPath(): void {
    this.#line = [];
  }

  moveTo(x: number, y: number): void {
    this.#finish("");
    this.#line.push([x, y]);
  }

  lineTo(x: number, y: number): void {
    const last = this.#line.at(-1);
    if (last === undefined || Math.hypot(x - last[0], y - last[1]) >= STEP) this.#line.push([x, y]);
  }

  closePath(): void {
    this.#finish("Z");
  }

  arc(): void {
    throw new Error("A map outline has no points to draw");
  }

  toString(): string {
    this.#finish("");
    return this.#parts.join("");
  }

  #finish(end: "Z" | ""): void {
    const line = this.#line;
    this.#line = [];
    if (line.length < 2 || (end === "Z" && extent(line) < ISLAND)) return;
    this.#parts.push(`M${line.map(([x, y]) => `${+x.toFixed(1)},${+y.toFixed(1)}`).join("L")}${end}`);
  }
}

function extent(line: (readonly [number, number])[]): number {
  const across = line.map(([x]) => x);
  const down = line.map(([, y]) => y);
  return Math.max(Math.max(...across) - Math.min(...across), Math.max(...down) - Math.min(...down));
}
