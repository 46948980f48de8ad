import { LazyBacking } from "./backing.js";
import type { Broker } from "./broker.js";
import type { Bus } from "./bus.js";
import { BusCore, type BusOptions, type Ends } from "./bus-core.js";
import { checkFeatures } from "./check-features.js";
import type { Contract } from "./contract.js";
import { EventBus, typed } from "./event-bus.js";

export interface CreateBusOptions extends BusOptions {
  /**
   * What keeps durable events and tasks. The bus opens it when it is first needed, and closes it at its own end. Default:
   * one in memory, which forgets with the process; see `memory` of `@eventwire/core/memory` for its limits.
   */
  readonly broker?: Broker | undefined;
}

/**
 * Creates a bus in memory, on the server side.
 *
 * @throws {UnsupportedError} when the contract needs what the broker cannot do.
 *
 * @example
 * ```ts
 * const bus = createBus(airspace);
 * bus.on("flight.departed", (departure) => console.log(departure.flight));
 * bus.emit("flight.departed", { flight: "UA1", gate: "B2" });
 * ```
 */
export function createBus<C extends Contract>(contract: C, options: CreateBusOptions = {}): Bus<C, "server"> {
  const { broker } = options;
  if (broker) checkFeatures(contract, broker.features);
  const ends = (core: BusCore): Ends => ({
    keeper: new LazyBacking(core, broker),
  });
  return typed(new EventBus(new BusCore(contract, "server", options, ends), contract));
}
