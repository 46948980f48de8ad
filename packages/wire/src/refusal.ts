import {
  type Contract,
  DeniedError,
  DisconnectedError,
  EventwireError,
  InvalidError,
  OverflowError,
  type Schema,
  UnavailableError,
  UnsupportedError,
} from "@eventwire/core";
import { type Definition, type EventDefinition, isUnchecked } from "@eventwire/core/attach";
import { type Decision, isUndecided } from "./decision.js";

/** What stands in the way of a message, as the errors that who sent it is told. */

export function denied(name: string, what: string): EventwireError {
  return new DeniedError(`"${name}" may not be ${what}.`, { name });
}

/** No rule has said no: the same may be asked again. */
export function undecided(name: string, what: string): EventwireError {
  return new UnavailableError(`Whether "${name}" may be ${what} cannot be told now: ask again.`, { name });
}

/** What a decision that allows nothing is told as. */
export function notAllowed(name: string, what: string, decision: Decision): EventwireError {
  const { reason } = decision;
  if (reason !== undefined) return new DeniedError(reason, { name });
  return isUndecided(decision) ? undecided(name, what) : denied(name, what);
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
  if (definition.delivery === "durable")
    throw unsupported(name, "is durable: it goes into the log, and is read from there");
  return definition;
}

/** @throws {UnsupportedError} when it is no event of a log, or one that cannot cross a link. */
export function durableDefinitionOf(contract: Contract, name: string): EventDefinition {
  const definition = anyEventOf(contract, name);
  if (definition.delivery !== "durable")
    throw unsupported(name, "is not durable, so the log has nothing of it");
  return definition;
}

/** @throws {UnsupportedError} when it is no event, or one that cannot cross a link. */
function anyEventOf(contract: Contract, name: string): EventDefinition {
  const definition = definitionOf(contract, name);
  if (definition.kind !== "event") {
    const task = definition.kind === "task";
    throw unsupported(name, task ? "is a task: it is enqueued, and no event" : "is no event");
  }
  checkSchema(name, (definition as EventDefinition).schema);
  return definition as EventDefinition;
}

/** @throws {UnsupportedError} when nothing would be checked. */
export function checkSchema(name: string, schema: Schema): void {
  if (isUnchecked(schema))
    throw unsupported(name, "has no schema, so it cannot cross a link; define it with one");
}

/** An outbox of that name has begun with a newer epoch. */
export class FencedError extends EventwireError {
  readonly code = "Fenced";
  override readonly retryable = true;

  constructor() {
    super("This outbox is sent from elsewhere, or was: begin again, with a newer epoch.");
  }
}

/** The log expects another number than was told: it has none of what was sent and not answered. */
export class ConflictError extends EventwireError {
  readonly code = "Conflict";
  override readonly retryable = true;

  constructor() {
    super(
      "The log expects another event of this outbox, for it has forgotten it, or has another history: begin again.",
    );
  }
}

/** A server that closes takes nothing more in; another may. */
export function closing(name: string): EventwireError {
  return new DisconnectedError(`"${name}" came too late: the server closes.`, { name });
}

export function unexpected(type: string): EventwireError {
  return invalid("frame", `a ${type} message is not expected here`);
}

/** Too much came at once: the same may be sent again. */
export class TooOftenError extends OverflowError {
  /** After how long, in milliseconds. */
  readonly wait: number;

  constructor(message: string, wait: number, name?: string) {
    super(message, { name });
    this.wait = wait;
  }
}

export function tooMany(wait: number): TooOftenError {
  return new TooOftenError(`Too many messages. Try again in ${Math.ceil(wait)} ms.`, wait);
}

export function left(name: string, why: string): DisconnectedError {
  return new DisconnectedError(`The peer left before it answered "${name}": ${why}`, { name });
}
