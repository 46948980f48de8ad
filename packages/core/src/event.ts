import { MisuseError } from "@eventwire/queue";
import type { Delivery, EventDefinition, From, Overflow } from "./definition.js";
import type { Key } from "./key.js";
import { type Output, type Repeatable, type Schema, unchecked } from "./schema.js";

export interface EventOptions<Data, D extends Delivery, F extends From, K extends Key> {
  /** What it promises a receiver that is slow or away. Default `"live"`. */
  readonly delivery?: D;
  /** Who may emit it. Default `"server"`. */
  readonly from?: F;
  /** What selects ordering and routing, so that listeners can ask for one key. Default: no key. */
  readonly key?: (data: Data) => K;
  /** What goes where live events wait for a slow peer and more come than may. Default `"drop-oldest"`. */
  readonly overflow?: Overflow;
}

/**
 * Defines an event: a fact, fanned out to every listener.
 *
 * @throws {MisuseError} when `overflow` is none.
 *
 * @example
 * ```ts
 * event(Position, { delivery: "volatile", key: (position) => position.flight })
 * event<{ at: number }>() // typed, unchecked: for use inside one process
 * ```
 */
export function event<
  S extends Schema,
  D extends Delivery = "live",
  F extends From = "server",
  K extends Key = never,
>(schema: S & Repeatable<S>, options?: EventOptions<Output<S>, D, F, K>): EventDefinition<Output<S>, D, F, K>;
export function event<Data>(): EventDefinition<Data, "live", "server", never>;
export function event(
  schema: Schema = unchecked(),
  options: EventOptions<never, Delivery, From, Key> = {},
): EventDefinition {
  const { delivery = "live", from = "server", key, overflow = "drop-oldest" } = options;
  if (!overflows.has(overflow)) {
    throw new MisuseError(`"${overflow}" is no overflow of an event: use ${[...overflows].join(", ")}.`);
  }
  return { kind: "event", delivery, from, schema, key, overflow };
}

const overflows: ReadonlySet<Overflow> = new Set(["drop-oldest", "drop-newest", "disconnect"]);
