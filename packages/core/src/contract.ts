import { MisuseError } from "@eventwire/queue";
import type {
  Definition,
  Definitions,
  Delivery,
  From,
  RequestDefinition,
  Side,
  TaskDefinition,
} from "./definition.js";

/** The set of message definitions that all sides share. Made by {@link defineContract}. */
export interface Contract<D extends Definitions = Definitions> {
  readonly definitions: D;
}

/** Gives a contract a name of its own, so that hovers read `Bus<Airspace>`: `interface Airspace extends Named<typeof airspace> {}` */
export type Named<C extends Contract> = Pick<C, keyof C>;

const namePattern = /^[\w-]+(\.[\w-]+)*$/;
const maxNameLength = 128;

/**
 * Makes a contract from its messages. Names are words joined by dots: `noun.pastVerb` for events, `noun.verb` for
 * tasks, a noun for requests. Contracts compose: `defineContract({ ...a.definitions, ...b.definitions })`.
 *
 * @throws {MisuseError} when a name is malformed, or longer than 128 characters.
 *
 * @example
 * ```ts
 * export const airspace = defineContract({
 *   "flight.departed": event(Departure, { key: (departure) => departure.flight }),
 *   "airport.stats": request({ input: Query, output: Stats }),
 * });
 * ```
 */
export function defineContract<const D extends Definitions>(definitions: D): Contract<D> {
  for (const name of Object.keys(definitions)) {
    if (name.length > maxNameLength || !namePattern.test(name)) {
      throw new MisuseError(
        `"${name}" cannot name a message: use up to ${maxNameLength} letters, digits, - and _, in words joined by dots.`,
        { name },
      );
    }
  }
  return { definitions };
}

type D<C extends Contract> = C["definitions"];
type TypesOf<T> = T extends { readonly "~types"?: infer X } ? NonNullable<X> : never;

type NamesOf<C extends Contract, Kind extends Definition["kind"]> = {
  [N in keyof D<C>]: D<C>[N] extends { kind: Kind } ? N : never;
}[keyof D<C>] &
  string;

/** The names of a contract's events. */
export type EventName<C extends Contract> = NamesOf<C, "event">;
/** The names of a contract's tasks. */
export type TaskName<C extends Contract> = NamesOf<C, "task">;
/** The names of a contract's requests. */
export type RequestName<C extends Contract> = NamesOf<C, "request">;

type Sends<F, S extends Side> = F extends "both" ? true : F extends S ? true : false;
/** The names of one kind that a side may send. */
export type SentBy<C extends Contract, Kind extends Definition["kind"], S extends Side> = {
  [N in keyof D<C>]: D<C>[N] extends { kind: Kind; from: infer F }
    ? Sends<F, S> extends true
      ? N
      : never
    : never;
}[keyof D<C>] &
  string;

/** The names of a contract's durable events. */
export type DurableName<C extends Contract> = {
  [N in keyof D<C>]: D<C>[N] extends { delivery: "durable" } ? N : never;
}[keyof D<C>];

/** The data of an event or task. */
export type Data<C extends Contract, N extends keyof D<C>> =
  TypesOf<D<C>[N]> extends { data: infer X } ? X : never;
/** The key of an event or task; `never` without one. */
export type KeyOf<C extends Contract, N extends keyof D<C>> =
  TypesOf<D<C>[N]> extends { key: infer X } ? X : never;
/** What a task gives; `undefined` without a schema of its result. */
export type ResultOf<C extends Contract, N extends keyof D<C>> =
  TypesOf<D<C>[N]> extends { result: infer X } ? X : never;
export type DeliveryOf<C extends Contract, N extends keyof D<C>> = D<C>[N] extends {
  delivery: infer X extends Delivery;
}
  ? X
  : never;

/** The names of a contract's requests whose answers are streamed. */
export type StreamedName<C extends Contract> = {
  [N in keyof D<C>]: D<C>[N] extends { streamed: true } ? N : never;
}[keyof D<C>] &
  string;
/** The names of a contract's requests that are answered by clients. */
export type AskedOfClients<C extends Contract> = {
  [N in keyof D<C>]: D<C>[N] extends { by: "client" } ? N : never;
}[keyof D<C>] &
  string;

type RequestTypes<C extends Contract, N extends keyof D<C>> =
  TypesOf<D<C>[N]> extends infer X extends { input: unknown; output: unknown; errors: unknown } ? X : never;
/** What a request is asked with. */
export type InputOf<C extends Contract, N extends keyof D<C>> = RequestTypes<C, N>["input"];
/** What a request is answered with; one that is streamed, each item. */
export type OutputOf<C extends Contract, N extends keyof D<C>> = RequestTypes<C, N>["output"];
/** The declared errors of a request: their names, each with its detail. */
export type ErrorsOf<C extends Contract, N extends keyof D<C>> = RequestTypes<C, N>["errors"];

/** @throws {MisuseError} when the contract has no such request. */
export function requestDefinition({ definitions }: Contract, name: string): RequestDefinition {
  return defined(definitions, name, "request") as RequestDefinition;
}

/** @throws {MisuseError} when the contract has no such task. */
export function taskDefinition({ definitions }: Contract, name: string): TaskDefinition {
  return defined(definitions, name, "task") as TaskDefinition;
}

function defined(definitions: Definitions, name: string, kind: Definition["kind"]): Definition {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  return definition?.kind === kind ? definition : unknown(name, kind);
}

export function unknown(name: string, kind: Definition["kind"]): never {
  throw new MisuseError(`"${name}" is no ${kind} of this contract. Define it, or correct the name.`, {
    name,
  });
}

/** Whether `from` lets `side` send. */
export function maySend(from: From, side: Side): boolean {
  return from === "both" || from === side;
}
