import {
  type Broker,
  createBus,
  defineContract,
  type EventwireError,
  event,
  type Inspection,
  task,
} from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { type Faults, MemoryNetwork, VirtualClock } from "@eventwire/testing";
import { createClient, createHub, type Hub, type Principal, type ServeOptions } from "@eventwire/wire";
import { onTestFinished } from "vitest";
import { z } from "zod";

const Parcel = z.object({ id: z.string(), at: z.date().or(z.string().pipe(z.coerce.date())).optional() });
const Route = z.object({ via: z.string() });
export const depot = defineContract({
  "parcel.route": task(Parcel, {
    key: ({ id }) => id,
    attempts: 3,
    backoff: { initial: 0 },
    result: Route,
  }),
  "parcel.weigh": task(Parcel, { keep: 60_000 }),
  "parcel.sort": task(Parcel, { from: "server" }),
  "parcel.routed": event(Parcel, { delivery: "durable", from: "both" }),
  "parcel.sealed": event(Parcel, { delivery: "durable", from: "server" }),
});
export type Depot = typeof depot;
export type DepotServing = Partial<ServeOptions<Depot, Principal>>;

/** A network on a clock of its own, with servers and clients at it. */
export function createDepot(seed = 1, faults: Faults = {}) {
  const clock = new VirtualClock({ seed });
  const network = new MemoryNetwork({ runtime: clock, seed, faults });
  const errors: EventwireError[] = [];
  const onError = (error: EventwireError) => errors.push(error);
  const broker = memory({ runtime: clock });
  const serve = (options: DepotServing = {}, on: Broker = broker, at: MemoryNetwork = network) => {
    const bus = createBus(depot, { broker: on, runtime: clock, onError });
    const hub: Hub<Depot, Principal> = createHub(bus, at.server, {
      authenticate: ({ auth }) => ({ id: (auth as string | undefined) ?? "ann" }),
      allow: { enqueue: { "*": true }, work: { "*": true }, emit: { "*": true } },
      ...options,
    });
    onTestFinished(() => clock.until(bus.close()));
    return { bus, hub };
  };
  const connect = (user = "ann", at: MemoryNetwork = network) => {
    const source = at.client();
    const told: Inspection[] = [];
    const bus = createClient(depot, source, { runtime: clock, onError, auth: user });
    bus.inspect((inspection) => void told.push(inspection));
    onTestFinished(() => clock.until(bus.close()));
    return { bus, source, told };
  };
  /** Another way to servers that share the broker. */
  const otherNetwork = () => new MemoryNetwork({ runtime: clock, seed: seed + 1, faults });
  return { clock, errors, broker, network, serve, connect, otherNetwork };
}

/** A promise that is settled from outside. */
export function gate<Value = void>() {
  let open!: (value: Value) => void;
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
