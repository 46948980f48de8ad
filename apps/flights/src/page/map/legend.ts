import { createElement, findElement } from "../elements.js";
import { DELAY_LEVELS } from "../motion/delay-level.js";

/** Explains the colours of aircraft, delays and bars. */
export function startLegend(): void {
  const items = DELAY_LEVELS.map(({ level, label }) => {
    const item = createElement("li", "legend__item", label);
    item.dataset.level = level;
    return item;
  });
  findElement("legend", HTMLUListElement).replaceChildren(...items);
}
