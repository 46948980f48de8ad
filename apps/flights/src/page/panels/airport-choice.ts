import { airportOf, airports } from "../atlas/airports.js";
import { createElement, findElement } from "../elements.js";
import type { Selection } from "../selection.js";
import { startAirportSearch } from "./airport-search.js";

/** Airports offered before one is chosen. */
const OFFERED = 6;

/** Lets the reader choose an airport: by search, or one of the busiest. */
export function startAirportChoice(selection: Selection): void {
  const message = findElement("airport-search-message", HTMLElement);
  startAirportSearch({
    input: findElement("airport-search", HTMLInputElement),
    options: findElement("airport-options", HTMLElement),
    choose: (choice) => {
      const airport = typeof choice === "string" ? airportOf(choice) : choice;
      message.textContent = airport === undefined ? `The replay has no airport “${choice}”.` : "";
      if (airport !== undefined) selection.airport.next(airport);
    },
  });
  const offers = airports.slice(0, OFFERED).map((airport) => {
    const button = createElement("button", "chip", airport.code);
    button.type = "button";
    button.title = airport.city;
    button.setAttribute("aria-label", `${airport.code}, ${airport.city}`);
    button.addEventListener("click", () => selection.airport.next(airport));
    return button;
  });
  findElement("airport-offers", HTMLElement).replaceChildren(...offers);
}
