import { ClosedError, OverflowError } from "@eventwire/queue";
import { InvalidError } from "../errors/invalid-error.js";
import { OutcomeUnknownError } from "../errors/outcome-unknown-error.js";
import { isKey, type Key } from "../key.js";
import { type Body, encodeBody } from "./body.js";
import { UnknownOutcome } from "./store.js";

/** What stands in the way of a message on its way to the broker, as errors that name it. */

/** @throws {InvalidError} when it cannot be encoded, or is more than the broker takes. */
export function bodyOf(name: string, body: Body, maxBytes: number): Uint8Array {
  const bytes = encodeBody(name, body);
  if (bytes.length <= maxBytes) return bytes;
  throw invalid(name, `it takes ${bytes.length} bytes; the broker takes ${maxBytes}`);
}

/** @throws {InvalidError} */
export function checkKey(name: string, key: unknown): Key | undefined {
  if (key === undefined || isKey(key)) return key;
  throw invalid(name, "its key must be a string or a finite number");
}

/** @throws {OverflowError} when too many wait already. */
export function checkRoom(name: string, done: string, waiting: number, limit: number): void {
  if (waiting < limit) return;
  throw new OverflowError(
    `"${name}" was not ${done}: ${limit} wait for the broker already. Await receipts, or raise { mailboxLimit }.`,
    { name },
  );
}

/** What a failure to hand it over means for one message. */
export function explain(error: unknown, name: string, done: string): unknown {
  if (error instanceof UnknownOutcome) return new OutcomeUnknownError(name, error.cause);
  // Of a batch: it cannot name each of them.
  if (error instanceof OverflowError)
    return new OverflowError(`"${name}" was not ${done}: ${error.message}`, { name, cause: error });
  if (error instanceof ClosedError) return new ClosedError(`"${name}" was not ${done}`, name);
  return error;
}

function invalid(name: string, message: string): InvalidError {
  return new InvalidError(name, [{ message, path: [] }]);
}
