import "@fontsource-variable/geist/wght.css";
import "@eventwire/styles/styles.css";
import "./styles/page.css";
import { connect } from "@eventwire/socket.io-client";
import { indexedDb } from "@eventwire/socket.io-client/indexeddb";
import { Subject } from "rxjs";
import { airspace } from "../contract.js";
import type { Failure } from "./airspace-bus.js";
import { airspaceEvents } from "./airspace-events.js";
import { airportOf } from "./atlas/airports.js";
import { findElement } from "./elements.js";
import { startFlightMap } from "./map/flight-map.js";
import { startLegend } from "./map/legend.js";
import { delayWindows } from "./motion/delay-windows.js";
import { Fleet } from "./motion/fleet.js";
import { FrameTimes } from "./motion/frame-times.js";
import { SimulatedClock } from "./motion/simulated-clock.js";
import { keepTally, keptTally, MovementTally } from "./movement-tally.js";
import { observePage } from "./observation.js";
import { startAirportChoice } from "./panels/airport-choice.js";
import { startAirportPanel } from "./panels/airport-panel.js";
import { startAlertForm } from "./panels/alert-form.js";
import { startAlertList } from "./panels/alert-list.js";
import { startAlertsWaiting } from "./panels/alerts-waiting.js";
import { startConnectionStatus } from "./panels/connection-status.js";
import { startDelayChart } from "./panels/delay-chart.js";
import { startDeparturesBoard } from "./panels/departures-board.js";
import { startMovementCount } from "./panels/movement-count.js";
import { startPictureNotice } from "./panels/picture-notice.js";
import { startReplayControls } from "./panels/replay-controls.js";
import { startReplayFigures } from "./panels/replay-figures.js";
import { startThemeToggle } from "./panels/theme-toggle.js";
import { measureTraffic, startTrafficMeter } from "./panels/traffic-meter.js";
import { keepPicture } from "./picture.js";
import { createSelection } from "./selection.js";
import { ThemeChoice } from "./theme.js";

/** Milliseconds of the hub's log that fill the board of a page which is new in its tab. */
const RECENT = 10_000;

const theme = new ThemeChoice();
const selection = createSelection();
const fleet = new Fleet(airportOf);
const clock = new SimulatedClock();
const frameTimes = new FrameTimes();
const failures = new Subject<Failure>();

const bus = connect(airspace, location.origin, {
  onError: (failure: Failure) => failures.next(failure),
  // Only a secure page can tell its outbox from another tab's; elsewhere alerts wait in memory.
  outbox: isSecureContext ? { store: indexedDb("eventwire-flights") } : {},
});
const kept = keptTally();
const tally = new MovementTally(kept);
const events = airspaceEvents(bus, {
  movements: kept?.since ?? new Date(Date.now() - RECENT),
  alerts: kept?.until ?? "now",
});
const { movements, gaps, departures, replays, connected, statuses, alerts, movementsAt, adopt } = events;

startThemeToggle(theme);
startLegend();
startFlightMap(findElement("stage", HTMLElement), {
  fleet,
  clock,
  selection,
  themes: theme.changes,
  frameTimes,
});
startReplayFigures(replays, clock);
startReplayControls({ bus, replays, connected, adopt });
startConnectionStatus(statuses);
startDeparturesBoard({ departures, selection });
startDelayChart(delayWindows(departures));
startAirportChoice(selection);
startAirportPanel({ bus, movementsAt, connected, selection });
startAlertList({ alerts, selection, time: () => clock.read(performance.now()) });
startAlertForm({ raise: (alert) => bus.emit("alert.raised", alert), failures, connected, selection });
startMovementCount({ movements, gaps, tally });
startAlertsWaiting(bus.connection.outbox);
startTrafficMeter(measureTraffic(() => bus.connection.counters()));
startPictureNotice(keepPicture(() => bus.request("airspace.snapshot", {}), events, fleet, clock));
keepTally(tally);
observePage({ fleet, clock, frameTimes, tally });
