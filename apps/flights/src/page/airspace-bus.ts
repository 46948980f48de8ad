import type { EventwireError } from "@eventwire/core";
import type { ClientBus, Counters, Status } from "@eventwire/wire";
import type { Airspace } from "../contract.js";

/** The page's end of the typed bus. */
export type AirspaceBus = ClientBus<Airspace>;
/** How the connection to the hub stands. */
export type ConnectionStatus = Status;
/** The alerts that this page raised and the hub does not have yet. */
export type AlertOutbox = AirspaceBus["connection"]["outbox"];
/** What has crossed the connection since the page was opened. */
export type ConnectionCounters = Omit<Counters, "refused">;
/** What nobody awaits and went wrong, such as an alert that the hub refused. */
export type Failure = EventwireError;
