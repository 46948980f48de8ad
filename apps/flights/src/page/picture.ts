import {
  BehaviorSubject,
  catchError,
  defer,
  EMPTY,
  filter,
  from,
  type Observable,
  retry,
  switchMap,
  timer,
} from "rxjs";
import type { Position, Replay } from "../contract.js";
import type { AirspaceEvents } from "./airspace-events.js";
import type { Fleet } from "./motion/fleet.js";
import type { SimulatedClock } from "./motion/simulated-clock.js";

/** Every aircraft in the air, and the state of the replay, at one moment. */
export interface Snapshot {
  readonly positions: readonly Position[];
  readonly replay: Replay;
}

/** How far the page has got with its picture of the sky. */
export type PictureState = "loading" | "ready" | "failed";

/** Real milliseconds between tries to load the picture, and how many tries are made. */
const PAUSE = 2_000;
const TRIES = 5;

/**
 * Keeps the fleet and the clock true to the hub: listens first, then loads the whole picture, and loads it again
 * after every reconnection, so that nothing between the two is missed.
 */
export function keepPicture(
  loadSnapshot: () => Promise<Snapshot>,
  events: AirspaceEvents,
  fleet: Fleet,
  clock: SimulatedClock,
): Observable<PictureState> {
  const state = new BehaviorSubject<PictureState>("loading");
  events.departures.subscribe((departure) => fleet.depart(departure));
  events.positions.subscribe((position) => fleet.report(position));
  events.arrivals.subscribe(({ flight }) => fleet.land(flight));
  events.replays.subscribe((replay) => clock.set(replay, performance.now()));
  events.connected.subscribe((connected) => clock.hold(!connected, performance.now()));

  const load = defer(() => {
    const since = fleet.running;
    return from(loadSnapshot()).pipe(
      switchMap(({ positions, replay }) => {
        events.adopt(replay);
        fleet.reconcile(positions, since);
        state.next("ready");
        return EMPTY;
      }),
    );
  });
  events.connected
    .pipe(
      filter((connected) => connected),
      switchMap(() =>
        load.pipe(
          retry({ count: TRIES, delay: () => timer(PAUSE) }),
          catchError(() => {
            state.next("failed");
            return EMPTY;
          }),
        ),
      ),
    )
    .subscribe();
  return state;
}
