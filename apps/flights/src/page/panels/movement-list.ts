import type { Movement } from "../../contract.js";
import { createElement } from "../elements.js";
import { formatDelay, formatTime } from "../format.js";
import { delayLevel } from "../motion/delay-level.js";

const ROWS = 12;

/** An airport's newest departures and arrivals, the newest first. */
export class MovementList {
  readonly #list: HTMLOListElement;

  constructor(list: HTMLOListElement) {
    this.#list = list;
  }

  clear(): void {
    this.#list.replaceChildren();
  }

  add({ kind, other, at, delay }: Movement): void {
    const row = createElement("li", "movement");
    row.dataset.kind = kind;
    const delayed = createElement("span", "delay", formatDelay(delay));
    delayed.dataset.level = delayLevel(delay);
    row.append(
      createElement("span", "movement__time", formatTime(at)),
      createElement("span", "movement__way", kind === "departure" ? `to ${other}` : `from ${other}`),
      delayed,
    );
    this.#list.prepend(row);
    if (this.#list.childElementCount > ROWS) this.#list.lastElementChild?.remove();
  }
}
