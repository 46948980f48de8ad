import {
  type Contract,
  DeniedError,
  DisconnectedError,
  type EventwireError,
  InvalidError,
  OverflowError,
  type Schema,
  UnsupportedError,
} from "@eventwire/core";
import { type Definition, type EventDefinition, isUnchecked } from "@eventwire/core/attach";

/** What stands in the way of a message, as the errors that who sent it is told. */

export function denied(name: string, what: string): EventwireError {
  return new DeniedError(`"${name}" may not be ${what}.`, { name });
}

export function unsupported(name: string, why: string): EventwireError {
  return new UnsupportedError(`"${name}" ${why}.`, { name });
}

export function invalid(name: string, message: string): EventwireError {
  return new InvalidError(name, [{ message, path: [] }]);
}

/** @throws {UnsupportedError} when the contract has no such name. */
export function definitionOf({ definitions }: Contract, name: string): Definition {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  if (!definition) throw unsupported(name, "is not known here");
  return definition;
}

/** @throws {UnsupportedError} when it is no event of a link, or one that cannot cross it. */
export function eventDefinitionOf(contract: Contract, name: string): EventDefinition {
  const definition = anyEventOf(contract, name);
  if (definition.delivery === "durable") throw unsupported(name, "is durable, and read from the log");
  return definition;
}

/** @throws {UnsupportedError} when it is no event of a log, or one that cannot cross a link. */
export function durableDefinitionOf(contract: Contract, name: string): EventDefinition {
  const definition = anyEventOf(contract, name);
  if (definition.delivery !== "durable")
    throw unsupported(name, "is not durable, so there is nothing of it to follow");
  return definition;
}

/** @throws {UnsupportedError} when it is no event, or one that cannot cross a link. */
function anyEventOf(contract: Contract, name: string): EventDefinition {
  const definition = definitionOf(contract, name);
  if (definition.kind !== "event") {
    const task = definition.kind === "task";
    throw unsupported(name, task ? "is a task; tasks do not cross a link yet" : "is no event");
  }
  checkSchema(name, (definition as EventDefinition).schema);
  return definition as EventDefinition;
}

/** @throws {UnsupportedError} when nothing would be checked. */
export function checkSchema(name: string, schema: Schema): void {
  if (isUnchecked(schema))
    throw unsupported(name, "has no schema, so it cannot cross a link; define it with one");
}

/** A server that closes takes nothing more in; another may. */
export function closing(name: string): EventwireError {
  return new DisconnectedError(`"${name}" came too late: the server closes.`, { name });
}

export function unexpected(type: string): EventwireError {
  return invalid("frame", `a ${type} message is not expected here`);
}

export function tooMany(wait: number): OverflowError {
  return new OverflowError(`Too many messages. Try again in ${Math.ceil(wait)} ms.`);
}

export function left(name: string, why: string): DisconnectedError {
  return new DisconnectedError(`The peer left before it answered "${name}": ${why}`, { name });
}
