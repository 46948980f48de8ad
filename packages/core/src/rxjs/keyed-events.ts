import { MisuseError } from "@eventwire/queue";
import { defer, type Observable } from "rxjs";
import type { BusOf } from "../bus-of.js";
import type { Contract, EventName, KeyOf } from "../contract.js";
import type { EventDefinition } from "../definition.js";
import type { Key } from "../key.js";
import { type ObserveOptions, observe } from "./observe.js";

/** The names of a contract's events that have a key. */
export type KeyedEventName<C extends Contract> = {
  [N in EventName<C>]: [KeyOf<C, N>] extends [never] ? never : N;
}[EventName<C>];

export interface KeyedEvent<D> {
  readonly key: Key;
  readonly data: D;
}

/** The events of a name with their keys. Errors with a `MisuseError` where they have none. */
export function keyedEvents(
  bus: BusOf<Contract>,
  name: string,
  options: ObserveOptions | undefined,
): Observable<KeyedEvent<unknown>> {
  return defer(() => {
    const definition = bus.contract?.definitions[name] as EventDefinition | undefined;
    if (definition?.kind === "event" && !definition.key) {
      throw new MisuseError(`"${name}" has no key. Give it one in the contract, or use stream().`, { name });
    }
    return observe(bus, name, options, (data, { key }) => ({ key: key!, data }));
  });
}
