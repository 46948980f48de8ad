import type { Departure } from "../../contract.js";
import type { Airport } from "../atlas/airport.js";
import { createElement } from "../elements.js";
import { formatDelay, formatTime } from "../format.js";
import { delayLevel } from "../motion/delay-level.js";

/** One row of the departures board, reused for flight after flight. */
export class DepartureRow {
  readonly element = createElement("li", "board__item");
  readonly button = createElement("button", "board__row");
  flight = "";
  readonly #time = createElement("span", "board__time");
  readonly #codes = createElement("span", "board__codes");
  readonly #city = createElement("span", "board__city");
  readonly #delay = createElement("span", "delay");

  constructor() {
    this.button.type = "button";
    this.button.append(this.#time, this.#codes, this.#city, this.#delay);
    this.element.append(this.button);
  }

  /** Fills the row with a departure. */
  show({ flight, origin, destination, departedAt, delay }: Departure, to: Airport | undefined): void {
    this.flight = flight;
    this.#time.textContent = formatTime(departedAt);
    this.#codes.textContent = `${origin} → ${destination}`;
    this.#city.textContent = to?.city ?? "";
    this.#delay.textContent = formatDelay(delay);
    this.#delay.dataset.level = delayLevel(delay);
  }

  /** Shows whether the flight is the chosen one, and whether it has just been added. */
  mark(chosen: string | undefined, fresh: boolean): void {
    this.button.setAttribute("aria-pressed", String(this.flight === chosen));
    this.element.classList.toggle("board__item--fresh", fresh);
  }
}
