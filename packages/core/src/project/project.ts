import { AbortedError, ClosedError, MisuseError } from "@eventwire/queue";
import { attach } from "../attach.js";
import { checkName } from "../backing/group-options.js";
import { placeOf } from "../backing/place.js";
import type { Backing } from "../backing.js";
import type { Listening } from "../bus.js";
import type { BusCore } from "../bus-core.js";
import type { BusOf } from "../bus-of.js";
import { type Contract, type KeyOf, unknown } from "../contract.js";
import type { EventDefinition } from "../definition.js";
import { unhandledGap } from "../errors/gap-error.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import type { Gap } from "../gap.js";
import type { Key } from "../key.js";
import { subscription } from "../subscription.js";
import type { AnyProjectOptions, ProjectedName, Projection, ProjectOptions } from "./projection.js";
import { Projector } from "./projector.js";

const defaultSaveEvery = 10_000;

/**
 * Folds durable events into a state for each key, and keeps it up to date: a read model in memory, of all that the log keeps.
 *
 * @throws {MisuseError} when a name is no durable event of the contract, an event has no key, or an option is not what it has
 * to be.
 *
 * @example
 * ```ts
 * const board = project(bus, ["flight.departed", "flight.landed"], {
 *   name: "board",
 *   fold: (flight: Flight | undefined, event) =>
 *     event.name === "flight.landed" ? undefined : { ...flight, gate: event.data.gate },
 * });
 * await board.ready;
 * console.log(board.get("UA1"), board.size);
 * ```
 */
export function project<
  C extends Contract,
  const N extends ProjectedName<C>,
  State,
  K extends Key = KeyOf<C, N> & Key,
>(bus: BusOf<C>, names: N | readonly N[], options: ProjectOptions<C, N, State, K>): Projection<K, State>;
export function project(
  bus: BusOf<Contract>,
  names: string | readonly string[],
  options: object,
): Projection<Key, unknown> {
  const core = attach(bus as Listening<Contract>);
  // Where the types end: what they say of a contract cannot be said of every contract.
  const { key, fold, name, ...rest } = options as AnyProjectOptions;
  const { version = 0, saveEvery = defaultSaveEvery, signal, onGap = unhandledGap } = rest;
  const wanted = [...new Set(typeof names === "string" ? [names] : names)].sort();
  for (const event of wanted) checkEvent(bus.contract, event, key !== undefined);
  if (wanted.length === 0) throw new MisuseError("A projection needs the name of an event.");
  if (name !== undefined) checkName("projection", name);
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new MisuseError(`version must be a whole number of at least 0; it is ${version}.`);
  }
  if (!(saveEvery >= 0))
    throw new MisuseError(`saveEvery must be at least 0 milliseconds; it is ${saveEvery}.`);
  const label = wanted.join(", ");
  const gap = (reason: Gap["reason"]) => {
    const gap: Gap = { name: label, key: undefined, reason, missed: undefined };
    core.inspect?.({ type: "gap", gap });
    core.attempt(() => onGap(gap));
  };
  const projector = new Projector({
    ...{ core, names: wanted, fold, key, name, version, saveEvery, gap },
  });
  const ready = begin(core, projector, label);
  const stop = subscription(
    () => projector.stop(),
    signal,
    ready,
    (error) => {
      if (!(error instanceof ClosedError)) core.report(error);
    },
  );
  return {
    get ready() {
      return stop.ready;
    },
    ended: projector.ended,
    closing: projector.closes,
    get size() {
      return projector.states.size;
    },
    failed: projector.failures,
    get position() {
      return projector.position;
    },
    get: (key) => projector.states.get(key),
    entries: () => projector.states.entries(),
    on: (listener, { signal } = {}) => subscription(projector.add(listener), signal),
    stop,
    [Symbol.dispose]: stop,
  };
}

/** Rejects with an `UnsupportedError` where there is no log, and with a `ClosedError` where it ends before it is up to date. */
async function begin(core: BusCore, projector: Projector, label: string): Promise<void> {
  const { keeper } = core;
  const closed = () => new ClosedError(`"${label}" is not projected`, label);
  try {
    if (core.closed) throw closed();
    if (!keeper.use) {
      throw new UnsupportedError(`"${label}" needs a log, which a client's bus does not have.`, {
        name: label,
      });
    }
    await keeper.use((backing) => run(backing, projector));
  } catch (error) {
    projector.stop();
    throw error;
  }
  if (projector.over) throw core.closed ? closed() : new AbortedError(label, undefined);
}

async function run(backing: Backing, projector: Projector): Promise<void> {
  const release = backing.adopt(projector);
  // Taken for the end only when all is saved, which the end of the bus waits for.
  void projector.ended.then(() => projector.settle()).finally(release);
  await projector.begin(backing.source, placeOf(await backing.position())!);
}

/** @throws {MisuseError} */
function checkEvent({ definitions }: Contract, name: string, hasKey: boolean): void {
  const definition = Object.hasOwn(definitions, name) ? (definitions[name] as EventDefinition) : undefined;
  if (definition?.kind !== "event") unknown(name, "event");
  if (definition.delivery !== "durable") {
    throw new MisuseError(`"${name}" cannot be projected: it is not durable, so that no log has it.`, {
      name,
    });
  }
  if (!definition.key && !hasKey) {
    throw new MisuseError(`"${name}" has no key. Give it one in the contract, or pass { key }.`, { name });
  }
}
