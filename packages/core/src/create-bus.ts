import type { Bus } from "./bus.js";
import { BusCore, type BusOptions } from "./bus-core.js";
import type { Contract } from "./contract.js";
import { EventBus, typed } from "./event-bus.js";

/**
 * Creates a bus in memory, on the server side.
 *
 * @example
 * ```ts
 * const bus = createBus(airspace);
 * bus.on("flight.departed", (departure) => console.log(departure.flight));
 * bus.emit("flight.departed", { flight: "UA1", gate: "B2" });
 * ```
 */
export function createBus<C extends Contract>(contract: C, options: BusOptions = {}): Bus<C, "server"> {
  return typed(new EventBus(new BusCore(contract, "server", options), contract));
}
