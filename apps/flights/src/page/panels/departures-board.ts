import { bufferTime, type Observable } from "rxjs";
import type { Departure } from "../../contract.js";
import { airportOf } from "../atlas/airports.js";
import { findElement } from "../elements.js";
import type { Selection } from "../selection.js";
import { DepartureRow } from "./departure-row.js";
import { moveFocus } from "./roving-focus.js";

/** Rows on the board. */
const ROWS = 40;
/** How often the board turns over, in milliseconds: often enough to be live, seldom enough to be read. */
const TURN = 1_200;

/** As many new rows at once may fade in; more would make the whole board flicker. */
const FEW = 8;

/** What the board shows and tells. */
export interface DeparturesBoardParts {
  readonly departures: Observable<Departure>;
  readonly selection: Selection;
}

/**
 * Lists the newest departures first. The board holds still while a pointer or the keyboard is on it, since at
 * full speed hundreds of flights leave each second and nobody could choose one.
 */
export function startDeparturesBoard({ departures, selection }: DeparturesBoardParts): void {
  const list = findElement("board", HTMLOListElement);
  const empty = findElement("board-empty", HTMLElement);
  const held = findElement("board-held", HTMLElement);
  const rows: DepartureRow[] = [];
  let pointed = false;

  const holding = (): boolean => pointed || list.contains(document.activeElement);
  const showHeld = (): void => {
    held.hidden = !holding();
  };
  list.addEventListener("pointerenter", (event) => {
    pointed = event.pointerType === "mouse";
    showHeld();
  });
  list.addEventListener("pointerleave", () => {
    pointed = false;
    showHeld();
  });
  list.addEventListener("focusin", showHeld);
  list.addEventListener("focusout", () => queueMicrotask(showHeld));
  list.addEventListener("keydown", (event) => moveFocus(event, list));

  const add = (departure: Departure): void => {
    const row = rows.length < ROWS ? new DepartureRow() : rows.pop()!;
    row.show(departure, airportOf(departure.destination));
    rows.unshift(row);
    list.prepend(row.element);
  };

  let waiting: readonly Departure[] = [];
  departures.pipe(bufferTime(TURN)).subscribe((taken) => {
    waiting = [...waiting, ...taken].slice(-ROWS);
    if (waiting.length === 0 || holding()) return;
    for (const departure of waiting) add(departure);
    for (const [index, row] of rows.entries()) {
      row.mark(selection.flight.value, index < waiting.length && waiting.length <= FEW);
      row.button.tabIndex = index === 0 ? 0 : -1;
    }
    waiting = [];
    empty.hidden = true;
  });

  selection.flight.subscribe((flight) => {
    for (const row of rows) row.mark(flight, false);
  });
  list.addEventListener("click", (event) => {
    const row = rows.find(({ button }) => event.target instanceof Node && button.contains(event.target));
    if (row !== undefined) {
      selection.flight.next(row.flight === selection.flight.value ? undefined : row.flight);
    }
  });
}
