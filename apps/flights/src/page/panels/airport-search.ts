import type { Airport } from "../atlas/airport.js";
import { airports } from "../atlas/airports.js";
import { createElement } from "../elements.js";

const SHOWN = 7;

/** What the search is made of, and who hears of a choice. */
export interface AirportSearchParts {
  readonly input: HTMLInputElement;
  readonly options: HTMLElement;
  /** Takes a choice from the list, or an unlisted code as it was typed. */
  readonly choose: (choice: Airport | string) => void;
}

/** A combobox over all airports: by code, city or name, with arrow keys, Enter and Escape. */
export function startAirportSearch({ input, options, choose }: AirportSearchParts): void {
  let found: readonly Airport[] = [];
  let active = -1;

  const close = (): void => {
    options.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const activate = (index: number): void => {
    active = index;
    for (const [at, option] of [...options.children].entries()) {
      option.setAttribute("aria-selected", String(at === index));
    }
    const option = options.children[index];
    if (option === undefined) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", option.id);
  };
  const open = (): void => {
    found = search(input.value);
    options.replaceChildren(...found.map(optionOf));
    options.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(!options.hidden));
    activate(input.value.trim() === "" ? -1 : 0);
  };
  const take = (choice: Airport | string): void => {
    input.value = "";
    close();
    choose(choice);
  };

  input.addEventListener("input", open);
  input.addEventListener("focus", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      if (options.hidden) open();
      else activate((active + move + found.length) % found.length);
    } else if (event.key === "Escape" && !options.hidden) {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const typed = input.value.trim().toUpperCase();
      const choice = options.hidden ? undefined : found[active];
      if (choice !== undefined || typed !== "") take(choice ?? typed);
    }
  });
  options.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target instanceof Element ? event.target.closest(".options__item") : null;
    const choice = option === null ? undefined : found[[...options.children].indexOf(option)];
    if (choice !== undefined) take(choice);
  });
}

/** Codes that begin so come first, then cities and names that hold the words. */
function search(typed: string): readonly Airport[] {
  const text = typed.trim().toLowerCase();
  const codes = airports.filter(({ code }) => code.toLowerCase().startsWith(text));
  const others = airports.filter(
    (airport) => !codes.includes(airport) && `${airport.city} ${airport.name}`.toLowerCase().includes(text),
  );
  return [...codes, ...others].slice(0, SHOWN);
}

function optionOf({ code, city, state, name }: Airport): HTMLElement {
  const option = createElement("div", "options__item");
  option.id = `airport-option-${code}`;
  option.role = "option";
  const place = createElement("span", "options__place", `${city}, ${state}`);
  place.title = name;
  option.append(createElement("b", "options__code", code), place);
  return option;
}
