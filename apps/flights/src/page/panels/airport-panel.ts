import {
  combineLatest,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  type Observable,
  switchMap,
  timer,
} from "rxjs";
import type { Movement } from "../../contract.js";
import type { AirspaceBus } from "../airspace-bus.js";
import type { Airport } from "../atlas/airport.js";
import { findElement } from "../elements.js";
import type { Selection } from "../selection.js";
import { showStatistics } from "./airport-statistics.js";
import { MovementList } from "./movement-list.js";

/** How often the numbers of an open airport are asked again, in milliseconds. */
const REFRESH = 4_000;

/** What the panel needs: the bus to ask, the airport's own events, and whether the hub can be heard. */
export interface AirportPanelParts {
  readonly bus: AirspaceBus;
  readonly movementsAt: (airport: string) => Observable<Movement>;
  readonly connected: Observable<boolean>;
  readonly selection: Selection;
}

/** Shows one airport: it listens to that airport's events only, and asks the hub for its numbers. */
export function startAirportPanel({ bus, movementsAt, connected, selection }: AirportPanelParts): void {
  const panel = findElement("airport", HTMLElement);
  const empty = findElement("airport-empty", HTMLElement);
  const code = findElement("airport-code", HTMLElement);
  const name = findElement("airport-name", HTMLElement);
  const message = findElement("airport-message", HTMLElement);
  const movements = new MovementList(findElement("airport-movements", HTMLOListElement));
  const close = findElement("airport-close", HTMLButtonElement);

  const show = (airport: Airport | undefined): void => {
    panel.hidden = airport === undefined;
    empty.hidden = airport !== undefined;
    movements.clear();
    showStatistics(undefined);
    message.textContent = "";
    if (airport === undefined) return;
    code.textContent = airport.code;
    name.textContent = [airport.name, `${airport.city}, ${airport.state}`]
      .filter((part) => part !== "")
      .join(" · ");
  };
  selection.airport.subscribe(show);
  selection.airport
    .pipe(switchMap((airport) => (airport === undefined ? EMPTY : movementsAt(airport.code))))
    .subscribe((movement) => movements.add(movement));

  combineLatest([selection.airport, connected.pipe(distinctUntilChanged())])
    .pipe(
      switchMap(([airport, reachable]) => {
        if (airport === undefined || !reachable) return EMPTY;
        const ask = () => bus.request("airport.stats", { airport: airport.code }).result();
        return timer(0, REFRESH).pipe(exhaustMap(ask));
      }),
    )
    .subscribe((outcome) => {
      if (outcome.ok) {
        showStatistics(outcome.value);
        message.textContent = "";
      } else {
        message.textContent =
          outcome.error.code === "UnknownAirport"
            ? `The replay has no airport ${outcome.error.detail.airport}.`
            : `The numbers did not come: ${outcome.error.message}`;
      }
    });

  const leave = (): void => {
    selection.airport.next(undefined);
    findElement("airport-search", HTMLInputElement).focus();
  };
  close.addEventListener("click", leave);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
  });
}
