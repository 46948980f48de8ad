import type { Point } from "../atlas/projection.js";
import type { Fleet } from "../motion/fleet.js";
import type { Selection } from "../selection.js";
import { type Picked, pick } from "./picking.js";
import type { View } from "./stage.js";

/** What a pointer on the map can find, and where it puts it. */
export interface PointerParts {
  readonly view: () => View | undefined;
  readonly fleet: Fleet;
  readonly selection: Selection;
}

/** Hovering shows a flight until the pointer leaves it; a click or tap keeps it until Escape, or opens an airport. */
export function followPointer(stage: HTMLElement, { view, fleet, selection }: PointerParts): void {
  const find = (event: MouseEvent, pointer: "mouse" | "touch"): Picked | undefined => {
    const current = view();
    if (current === undefined) return undefined;
    const box = stage.getBoundingClientRect();
    const point: Point = [event.clientX - box.left, event.clientY - box.top];
    return pick(current, point, pointer, fleet.aircraft.values());
  };
  const hover = (flight: string | undefined): void => {
    if (flight !== selection.hovered.value) selection.hovered.next(flight);
  };

  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const picked = find(event, "mouse");
    stage.classList.toggle("stage--pointing", picked !== undefined);
    hover(picked?.kind === "aircraft" ? picked.aircraft.flight : undefined);
  });
  stage.addEventListener("pointerleave", () => hover(undefined));
  stage.addEventListener("pointerup", (event) => {
    const picked = find(event, event.pointerType === "mouse" ? "mouse" : "touch");
    selection.flight.next(picked?.kind === "aircraft" ? picked.aircraft.flight : undefined);
    if (picked?.kind === "airport") selection.airport.next(picked.airport);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") selection.flight.next(undefined);
  });
}
