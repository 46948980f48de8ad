import { DELAY_LEVELS, type DelayLevel } from "../motion/delay-level.js";

/** The theme's colours as a canvas takes them. */
export interface Palette {
  readonly water: string;
  readonly land: string;
  readonly coast: string;
  readonly border: string;
  readonly airport: string;
  readonly label: string;
  readonly accent: string;
  readonly delay: Readonly<Record<DelayLevel, string>>;
}

/** Reads the palette from the custom properties that the style sheet gives an element. */
export function readPalette(element: HTMLElement): Palette {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const delay = Object.fromEntries(DELAY_LEVELS.map(({ level }) => [level, read(`delay-${level}`)]));
  const palette: Palette = {
    water: read("map-water"),
    land: read("map-land"),
    coast: read("map-coast"),
    border: read("map-border"),
    airport: read("map-airport"),
    label: read("map-label"),
    accent: read("accent"),
    delay: delay as Record<DelayLevel, string>,
  };
  probe.remove();
  return palette;
}
