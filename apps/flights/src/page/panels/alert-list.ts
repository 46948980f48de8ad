import type { Observable } from "rxjs";
import type { Alert } from "../../contract.js";
import { airportOf } from "../atlas/airports.js";
import { createElement, findElement } from "../elements.js";
import { formatTime } from "../format.js";
import type { Selection } from "../selection.js";

const SHOWN = 3;
const TITLES = { info: "Note", warning: "Warning", critical: "Critical" } as const;

/** What the list shows and tells. */
export interface AlertListParts {
  readonly alerts: Observable<Alert>;
  /** The simulated time now. */
  readonly time: () => number;
  readonly selection: Selection;
}

/** Shows the newest alerts that anyone raised, until they are dismissed or newer ones take their place. */
export function startAlertList({ alerts, time, selection }: AlertListParts): void {
  const list = findElement("alerts", HTMLOListElement);
  alerts.subscribe(({ level, text, airport }) => {
    const card = createElement("li", "alert");
    card.dataset.level = level;
    const dismiss = createElement("button", "alert__dismiss", "×");
    dismiss.type = "button";
    dismiss.setAttribute("aria-label", `Dismiss: ${text}`);
    dismiss.addEventListener("click", () => card.remove());
    const head = createElement("p", "alert__head");
    head.append(createElement("b", "", TITLES[level]), ` · ${formatTime(time())}`);
    const place = airport === undefined ? undefined : airportOf(airport);
    if (place !== undefined) {
      const open = createElement("button", "alert__airport", place.code);
      open.type = "button";
      open.setAttribute("aria-label", `Open ${place.code}, ${place.city}`);
      open.addEventListener("click", () => selection.airport.next(place));
      head.append(" · ", open);
    }
    card.append(head, createElement("p", "alert__text", text), dismiss);
    list.prepend(card);
    while (list.childElementCount > SHOWN) list.lastElementChild?.remove();
  });
}
