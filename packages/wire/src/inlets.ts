import { DeniedError, type EventwireError, type Schema } from "@eventwire/core";
import { type BusCore, type Topic, validate } from "@eventwire/core/attach";
import type { Decision } from "./decision.js";
import type { Gate } from "./gate.js";
import { isBoundedKey } from "./message-shapes.js";
import { maxKeyBytes } from "./messages.js";
import { denied, durableDefinitionOf, eventDefinitionOf, invalid } from "./refusal.js";

/** The way in for what peers emit under one name. */
export interface Inlet {
  readonly topic: Topic;
  readonly schema: Schema;
  /** What the rules say whoever asks; `undefined` where they have to be asked each time. */
  readonly standing: Decision | undefined;
}

/** Whether events go to who listens, or into the log. */
export type Way = "live" | "log";

/** Found once a name, for events come in runs of one name. */
export class Inlets {
  readonly #core: BusCore;
  readonly #gate: Gate;
  readonly #way: Way;
  readonly #byName = new Map<string, Inlet>();

  constructor(core: BusCore, gate: Gate, way: Way) {
    this.#core = core;
    this.#gate = gate;
    this.#way = way;
  }

  /** @throws {EventwireError} when clients may not emit it, whatever rules say. */
  of(name: string): Inlet {
    const known = this.#byName.get(name);
    if (known) return known;
    const { topic, schema } = emittable(this.#core, name, this.#way);
    if (!this.#gate.mentions(name)) throw emitDenial(name, undefined);
    const inlet: Inlet = { topic, schema, standing: this.#gate.standing(name) };
    // The name is one of the contract, so that this cannot grow without bound.
    this.#byName.set(name, inlet);
    return inlet;
  }
}

/**
 * The data and key of an event that a client may emit if the rules let it.
 *
 * @throws {EventwireError} when it may not, whatever rules say.
 */
export function checkedEvent(
  core: BusCore,
  name: string,
  data: unknown,
): { readonly data: unknown; readonly key: string | number | undefined } {
  const durable = core.topics.get(name)?.definition.delivery === "durable";
  const { topic, schema } = emittable(core, name, durable ? "log" : "live");
  const value = validate(schema, name, data);
  return { data: value, key: boundedKey(topic, value) };
}

/** @throws {InvalidError} when the key may not cross a link. */
export function boundedKey(topic: Topic, data: unknown): string | number | undefined {
  const key = topic.key(data);
  if (key === undefined || isBoundedKey(key)) return key;
  throw invalid(topic.name, `its key is over ${maxKeyBytes} bytes`);
}

export function emitDenial(name: string, reason: string | undefined): EventwireError {
  return reason === undefined ? denied(name, "emitted by this user") : new DeniedError(reason, { name });
}

function emittable(
  { contract, topics }: BusCore,
  name: string,
  way: Way,
): { readonly topic: Topic; readonly schema: Schema } {
  const definition = way === "log" ? durableDefinitionOf(contract, name) : eventDefinitionOf(contract, name);
  const { from, schema } = definition;
  if (from === "server") throw denied(name, "emitted by clients");
  return { topic: topics.get(name)!, schema };
}
