import { UnsupportedError } from "./errors/unsupported-error.js";

/** Why a client's bus does nothing durable yet. */
export function needsLog(name: string): UnsupportedError {
  return needsBroker(name, "durable and needs a log");
}

/** Why a client's bus does no task yet. */
export function needsQueue(name: string): UnsupportedError {
  return needsBroker(name, "a task and needs a queue");
}

function needsBroker(name: string, what: string): UnsupportedError {
  return new UnsupportedError(`"${name}" is ${what}, which a client's bus does not have yet.`, { name });
}
