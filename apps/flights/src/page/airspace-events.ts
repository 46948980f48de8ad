import { stream } from "@eventwire/core/rxjs";
import { statuses as statusesOf } from "@eventwire/wire/rxjs";
import { distinctUntilChanged, map, merge, type Observable, Subject, share, shareReplay } from "rxjs";
import type { Alert, Arrival, Departure, Movement, Position, Replay } from "../contract.js";
import type { AirspaceBus, ConnectionStatus } from "./airspace-bus.js";

/** Everything that the hub tells, as streams that any number of parts can take from one subscription. */
export interface AirspaceEvents {
  readonly departures: Observable<Departure>;
  readonly positions: Observable<Position>;
  readonly arrivals: Observable<Arrival>;
  readonly alerts: Observable<Alert>;
  readonly replays: Observable<Replay>;
  readonly statuses: Observable<ConnectionStatus>;
  readonly connected: Observable<boolean>;
  /** One airport's movements, which nobody hears unless an airport is chosen. */
  readonly movementsAt: (airport: string) => Observable<Movement>;
  /** Takes a state of the replay that came as an answer, as if it had been told. */
  readonly adopt: (replay: Replay) => void;
}

/** Opens the streams of a bus. */
export function airspaceEvents(bus: AirspaceBus): AirspaceEvents {
  const adopted = new Subject<Replay>();
  const statuses = statusesOf(bus.connection).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  return {
    departures: stream(bus, "flight.departed").pipe(share()),
    positions: stream(bus, "flight.position").pipe(share()),
    arrivals: stream(bus, "flight.arrived").pipe(share()),
    alerts: stream(bus, "alert.raised").pipe(share()),
    replays: merge(stream(bus, "replay.ticked"), adopted).pipe(share()),
    statuses,
    connected: statuses.pipe(
      map(({ state }) => state === "connected"),
      distinctUntilChanged(),
      shareReplay({ bufferSize: 1, refCount: true }),
    ),
    movementsAt: (airport) => stream(bus, "airport.movement", { key: airport }),
    adopt: (replay) => adopted.next(replay),
  };
}
