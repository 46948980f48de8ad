import {
  AbortedError,
  ClosedError,
  DeniedError,
  DisconnectedError,
  EventwireError,
  InternalError,
  InvalidError,
  OverflowError,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
} from "@eventwire/core";
import {
  type BusCore,
  CancelledError,
  OutcomeUnknownError,
  TaskDeadError,
  UnknownTaskError,
} from "@eventwire/core/attach";
import { closing } from "./refusal.js";

/** What may be told as it is: it is about what was asked. */
const tellable = [
  AbortedError,
  CancelledError,
  DeniedError,
  DisconnectedError,
  InvalidError,
  OverflowError,
  TaskDeadError,
  TimeoutError,
  UnknownTaskError,
  UnsupportedError,
];

/**
 * What a peer is told of a failure at the broker: whether the same may be asked again, and nothing of where that keeps what it has. What
 * is not told is reported here.
 */
export function taskFailure({ closed, report }: BusCore, name: string, error: unknown): unknown {
  if (tellable.some((type) => error instanceof type)) return error;
  if (error instanceof ClosedError || (closed && error instanceof OutcomeUnknownError)) return closing(name);
  if (error instanceof OutcomeUnknownError) {
    report(error);
    return new OutcomeUnknownError(name, "the broker failed for too long");
  }
  if (!EventwireError.is(error)) return error;
  if (!error.retryable) return new InternalError(name, error);
  report(error);
  return new UnavailableError(`"${name}" cannot be done now: the broker is not to be had.`, { name });
}
