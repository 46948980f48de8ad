import { ClosedError, OverflowError } from "@eventwire/queue";
import type { Append } from "../broker.js";
import { InvalidError } from "../errors/invalid-error.js";
import { OutcomeUnknownError } from "../errors/outcome-unknown-error.js";
import { isKey, type Key } from "../key.js";
import type { EventMessage } from "../message.js";
import { shardOf } from "../shard.js";
import { type Body, encodeBody } from "./body.js";
import { UnknownOutcome } from "./store.js";

/** What stands in the way of a message on its way to the broker, as errors that name it. */

/**
 * An event as a log takes it. A later change of the data changes nothing.
 *
 * @throws {InvalidError} when it cannot be encoded, or is more than the broker takes.
 */
export function appendOf(
  { id, name, key, time, cause }: EventMessage,
  data: unknown,
  maxBytes: number,
): Append {
  const body = bodyOf(name, { data, cause }, maxBytes);
  return { id, name, key: checkKey(name, key), shard: shardOf(name, key), time, body };
}

/** @throws {InvalidError} when it cannot be encoded, or is more than the broker takes. */
export function bodyOf(name: string, body: Body, maxBytes: number): Uint8Array {
  const bytes = encodeBody(name, body);
  if (bytes.length <= maxBytes) return bytes;
  throw invalid(name, `it takes ${bytes.length} bytes; the broker takes ${maxBytes}`);
}

/** The longest key, or name of a piece of work, in bytes of UTF-8. */
const maxTextBytes = 256;
const encoder = new TextEncoder();
const halfPair = /\p{Surrogate}/u;

/** @throws {InvalidError} */
export function checkKey(name: string, key: unknown): Key | undefined {
  if (key === undefined) return key;
  if (!isKey(key)) throw invalid(name, "its key must be a string or a finite number");
  const flaw = typeof key === "string" ? textFlaw(key) : undefined;
  if (flaw) throw invalid(name, `its key ${flaw}`);
  return key;
}

/** What keeps a text from being a key or a part of an id, where something does. */
export function textFlaw(text: string): string | undefined {
  // A unit of UTF-16 takes three bytes at most.
  const bytes = text.length * 3 <= maxTextBytes ? 0 : encoder.encode(text).length;
  if (bytes > maxTextBytes) return `takes ${bytes} bytes; a broker takes ${maxTextBytes}`;
  return halfPair.test(text) ? "has half of a surrogate pair, which no broker keeps" : undefined;
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
