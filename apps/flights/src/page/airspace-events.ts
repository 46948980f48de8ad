import type { Gap, MessagesByPattern, Since } from "@eventwire/core";
import { stream } from "@eventwire/core/rxjs";
import { statuses as statusesOf } from "@eventwire/wire/rxjs";
import { distinctUntilChanged, filter, map, merge, type Observable, Subject, share, shareReplay } from "rxjs";
import {
  type Alert,
  type Arrival,
  type Departure,
  type FlightLog,
  flightLog,
  type Movement,
  type Position,
  type Replay,
} from "../contract.js";
import type { AirspaceBus, ConnectionStatus } from "./airspace-bus.js";

/** A departure or an arrival as the log has it. */
export type LoggedMovement = MessagesByPattern<FlightLog>["flight.*"];

/** Everything that the hub tells, as streams that any number of parts can take from one subscription. */
export interface AirspaceEvents {
  /** Departures and arrivals in the order of the hub's log, each with its place there. */
  readonly movements: Observable<LoggedMovement>;
  /** Movements and alerts that the log cannot give any more. */
  readonly gaps: Observable<Gap>;
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

/** After which positions of the log the page reads. */
export interface LogPositions {
  readonly movements: Since;
  readonly alerts: Since;
}

/** Opens the streams of a bus. */
export function airspaceEvents(bus: AirspaceBus, since: LogPositions): AirspaceEvents {
  const gaps = new Subject<Gap>();
  const onGap = (gap: Gap) => gaps.next(gap);
  const movements = stream(bus.narrow(flightLog), "flight.*", { since: since.movements, onGap }).pipe(
    share(),
  );
  const adopted = new Subject<Replay>();
  const statuses = statusesOf(bus.connection).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  return {
    movements,
    gaps,
    departures: movements.pipe(
      filter((movement) => movement.name === "flight.departed"),
      map(({ data }) => data),
    ),
    positions: stream(bus, "flight.position").pipe(share()),
    arrivals: movements.pipe(
      filter((movement) => movement.name === "flight.arrived"),
      map(({ data }) => data),
    ),
    alerts: stream(bus, "alert.raised", { since: since.alerts, onGap }).pipe(share()),
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
