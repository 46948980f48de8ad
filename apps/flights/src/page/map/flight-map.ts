import { animationFrames, combineLatest, map, type Observable, pairwise } from "rxjs";
import { createElement } from "../elements.js";
import type { Fleet } from "../motion/fleet.js";
import type { FrameTimes } from "../motion/frame-times.js";
import type { SimulatedClock } from "../motion/simulated-clock.js";
import type { Selection } from "../selection.js";
import type { Theme } from "../theme.js";
import { drawAircraft } from "./aircraft-layer.js";
import { createSprites, type Sprites } from "./aircraft-sprites.js";
import { FlightCard } from "./flight-card.js";
import { drawGround } from "./ground-layer.js";
import { drawNames, NAME_FONT } from "./name-layer.js";
import { type Palette, readPalette } from "./palette.js";
import { followPointer } from "./pointer.js";
import { observeView, type View } from "./stage.js";

/** What the map shows and tells. */
export interface FlightMapParts {
  readonly fleet: Fleet;
  readonly clock: SimulatedClock;
  readonly selection: Selection;
  readonly themes: Observable<Theme>;
  readonly frameTimes: FrameTimes;
}

/** The fastest an aircraft crosses the map: map units a simulated millisecond. */
const CRUISE = 0.000_06;
/** A move that can be seen, in CSS pixels. */
const STEP = 0.25;
/** Real milliseconds between frames: at most, and at least where the reader prefers less motion. */
const SLOWEST = 200;
const CALM = 1_000;

/** Runs the map in an element: land on one canvas, aircraft on another, and a card beside the chosen aircraft. */
export function startFlightMap(stage: HTMLElement, parts: FlightMapParts): void {
  const { fleet, clock, selection, themes, frameTimes } = parts;
  const ground = createElement("canvas", "stage__canvas");
  const sky = createElement("canvas", "stage__canvas");
  const cardElement = createElement("div", "flight-card");
  const names = createElement("canvas", "stage__canvas");
  stage.append(ground, sky, names, cardElement);
  const card = new FlightCard(cardElement);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  let scene: { view: View; palette: Palette; sprites: Sprites } | undefined;
  let drawnAt = 0;
  let drawnChosen: string | undefined;

  const fonts = document.fonts.load(NAME_FONT);
  combineLatest([observeView(stage), themes, selection.airport, fonts]).subscribe(([view, , airport]) => {
    const palette = readPalette(stage);
    drawGround(ground, view, palette);
    drawNames(names, view, palette, airport);
    const length = Math.min(13, Math.max(6, view.scale * 11.5)) * view.ratio;
    scene = { view, palette, sprites: createSprites(palette, length) };
    drawnAt = 0;
  });

  followPointer(stage, { view: () => scene?.view, fleet, selection });

  animationFrames()
    .pipe(
      map(({ timestamp }) => timestamp),
      pairwise(),
    )
    .subscribe(([before, now]) => {
      frameTimes.add(now - before);
      if (scene === undefined) return;
      const { view, palette, sprites } = scene;
      const chosenFlight = selection.hovered.value ?? selection.flight.value;
      const visible = Math.min(SLOWEST, STEP / (CRUISE * clock.speed * view.scale));
      const pause = calm.matches ? CALM : visible;
      if (now - drawnAt < pause - 4 && chosenFlight === drawnChosen) return;
      fleet.advance(clock.read(now), drawnAt === 0 ? 0 : now - drawnAt, clock.speed);
      drawnAt = now;
      drawnChosen = chosenFlight;
      const chosen = chosenFlight === undefined ? undefined : fleet.aircraft.get(chosenFlight);
      drawAircraft(sky, view, sprites, palette, fleet.aircraft.values(), chosen);
      card.show(chosen, view);
    });
}
