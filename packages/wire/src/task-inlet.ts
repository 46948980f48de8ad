import { DeniedError, type EventwireError, type Key, MisuseError } from "@eventwire/core";
import type { BusCore, Chain, NewWork, TaskDefinition } from "@eventwire/core/attach";
import { checkEnqueueOptions, validate } from "@eventwire/core/attach";
import type { Decision } from "./decision.js";
import type { Gate } from "./gate.js";
import { isBoundedKey } from "./message-shapes.js";
import { maxKeyBytes } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import type { Rates } from "./rates.js";
import { checkSchema, definitionOf, denied, invalid, unsupported } from "./refusal.js";
import { matchesAll } from "./shape.js";
import { afterIds, newTaskId } from "./task-names.js";

export interface TaskInletHost {
  readonly core: BusCore;
  readonly gates: { readonly enqueue: Gate };
  readonly rates: Rates;
}

/** A task that a client wants to enqueue. */
export interface IncomingTask {
  readonly name: string;
  decide(): Decision | Promise<Decision>;
  /** @param cause what led to it. */
  work(cause: Chain | undefined): NewWork;
}

/** @throws {UnsupportedError} when there is no such task, or one that cannot cross a link. */
export function taskDefinitionOf({ contract }: BusCore, name: string): TaskDefinition {
  const definition = definitionOf(contract, name);
  if (definition.kind !== "task") throw unsupported(name, `is no task but ${article(definition.kind)}`);
  const task = definition as TaskDefinition;
  checkSchema(name, task.schema);
  if (task.result) checkSchema(name, task.result);
  return task;
}

/**
 * The data and key of a task that a client may enqueue if the rules let it.
 *
 * @throws {EventwireError} when it may not, whatever rules say.
 */
export function checkedTask(
  core: BusCore,
  name: string,
  data: unknown,
): { readonly definition: TaskDefinition; readonly data: unknown; readonly key: Key | undefined } {
  const definition = taskDefinitionOf(core, name);
  if (definition.from === "server") throw denied(name, "enqueued by clients");
  const value = validate(definition.schema, name, data);
  return { definition, data: value, key: keyOf(core, definition, name, value) };
}

/** Takes in a task of a peer. @throws {EventwireError} when it may not be enqueued, whatever rules say. */
export function incomingTask(
  { core, gates, rates }: TaskInletHost,
  peer: ConnectedPeer<unknown>,
  input: unknown,
): IncomingTask {
  if (!matchesAll(input, { name: "string", id: "string" }))
    throw invalid("enqueue", "it has no name, or no id");
  const name = input.name as string;
  const { id, delay, at, priority, dedupe, after } = input as Readonly<Record<string, unknown>>;
  const definition = taskDefinitionOf(core, name);
  if (definition.from === "server") throw denied(name, "enqueued by clients");
  if (!gates.enqueue.mentions(name)) throw enqueueDenial(name, undefined);
  const { data, key } = checkedTask(core, name, input.data);
  const options = {
    delay: numberOr(name, "delay", delay),
    at: dateOr(name, at),
    priority: numberOr(name, "priority", priority),
    after: after === undefined ? undefined : afterIds(peer, name, after),
  };
  try {
    checkEnqueueOptions(name, options);
  } catch (error) {
    // What makes no sense came from the peer.
    throw error instanceof MisuseError ? invalid(name, error.message) : error;
  }
  if (dedupe !== undefined && typeof dedupe !== "string") throw invalid(name, "dedupe is no text");
  const taskId = newTaskId(peer, name, id, dedupe);
  rates.take(peer, name);
  const time = core.runtime.now();
  return {
    name,
    decide: () => gates.enqueue.decide({ peer, name, key, data, priority: options.priority ?? 0 }),
    work: (cause) => ({ id: taskId, name, data, key, time, cause, keep: definition.keep, options }),
  };
}

export function enqueueDenial(name: string, reason: string | undefined): EventwireError {
  return reason === undefined ? denied(name, "enqueued by this user") : new DeniedError(reason, { name });
}

/** @throws {InvalidError} when it may not cross a link, or the contract's function gives none. */
function keyOf(core: BusCore, { key }: TaskDefinition, name: string, data: unknown): Key | undefined {
  let value: unknown;
  try {
    value = key?.(data as never);
  } catch (error) {
    core.report(error);
    throw invalid(name, "its key cannot be told");
  }
  if (value === undefined) return undefined;
  if (!isBoundedKey(value)) throw invalid(name, `its key is none, or over ${maxKeyBytes} bytes`);
  return value;
}

function numberOr(name: string, what: string, value: unknown): number | undefined {
  if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
  throw invalid(name, `${what} is no number`);
}

function dateOr(name: string, value: unknown): Date | undefined {
  const time = numberOr(name, "at", value);
  if (time === undefined) return undefined;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw invalid(name, "at is no time");
  return date;
}

function article(kind: string): string {
  return kind === "event" ? "an event" : `a ${kind}`;
}
