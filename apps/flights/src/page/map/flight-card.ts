import { createElement } from "../elements.js";
import { formatDelay, formatTime } from "../format.js";
import type { Aircraft } from "../motion/fleet.js";
import { toScreen, type View } from "./stage.js";

const OFFSET = 18;
/** Stages narrower than this, in CSS pixels, have the card at their foot. */
const NARROW = 480;

/** The card beside a chosen aircraft: where it comes from, where it goes, how late it is. */
export class FlightCard {
  readonly #card: HTMLElement;
  readonly #codes = createElement("p", "flight-card__codes");
  readonly #cities = createElement("p", "flight-card__cities");
  readonly #progress = createElement("progress", "flight-card__progress");
  readonly #times = createElement("p", "flight-card__times");
  readonly #delay = createElement("span", "delay");
  #shown: string | undefined;

  constructor(card: HTMLElement) {
    this.#card = card;
    this.#progress.max = 1;
    this.#progress.setAttribute("aria-label", "Share of the way flown");
    const head = createElement("div", "flight-card__head");
    head.append(this.#codes, this.#delay);
    card.append(head, this.#cities, this.#progress, this.#times);
  }

  /** Shows an aircraft beside its place on the map, or hides the card. */
  show(aircraft: Aircraft | undefined, view: View): void {
    this.#card.hidden = aircraft === undefined;
    if (aircraft === undefined) {
      this.#shown = undefined;
      return;
    }
    if (this.#shown !== aircraft.flight) this.#fill(aircraft);
    this.#progress.value = aircraft.progress;
    this.#place(aircraft, view);
  }

  #fill({ flight, origin, destination, departedAt, arrivesAt, delay, level }: Aircraft): void {
    this.#shown = flight;
    this.#codes.textContent = `${origin.code} → ${destination.code}`;
    this.#cities.textContent = `${origin.city} to ${destination.city}`;
    this.#times.textContent = `Off ${formatTime(departedAt)} · due ${formatTime(arrivesAt)}`;
    this.#delay.textContent = formatDelay(delay);
    this.#delay.dataset.level = level;
  }

  #place(aircraft: Aircraft, view: View): void {
    const [x, y] = toScreen(view, [aircraft.x, aircraft.y]);
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    if (view.width < NARROW) {
      this.#card.style.transform = `translate(8px, ${view.height - height - 8}px)`;
      return;
    }
    // Beside the aircraft, on the side that its way ahead leaves free.
    const right = x + OFFSET;
    const leftward = x - OFFSET - width;
    const ahead = aircraft.route.line.at(-2)! > aircraft.x;
    const left = (ahead && leftward > 8) || right + width > view.width ? Math.max(8, leftward) : right;
    const top = Math.min(view.height - height - 8, Math.max(8, y - height / 2));
    this.#card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}
