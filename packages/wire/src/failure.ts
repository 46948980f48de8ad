import {
  AbortedError,
  DeclaredError,
  DeniedError,
  DisconnectedError,
  EventwireError,
  InternalError,
  InvalidError,
  type Issue,
  NoHandlerError,
  OverflowError,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
} from "@eventwire/core";
import { OutcomeUnknownError } from "@eventwire/core/attach";
import { matchesAll } from "./shape.js";

/** An error as it crosses a link: what the other side may know, and nothing of where it happened. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly Issue[];
  /** Of a declared error. */
  readonly detail?: unknown;
}

/** Schemas repeat what they were given in their words, so these are bounded: in number, characters and parts. */
const maxIssues = 16;
const maxText = 500;
const maxPath = 16;
const maxPathText = 64;

/** Of an error that is not Eventwire's, only that it happened: its text may hold secrets. */
export function toFailure(error: unknown): Failure {
  if (!EventwireError.is(error)) return { code: "Internal", message: "Internal error." };
  const { code } = error;
  // What a schema throws is not for the other side either.
  if (error instanceof InvalidError && error.cause !== undefined) {
    return { code, message: `"${error.about}" is invalid.`, issues: [] };
  }
  if (error instanceof InvalidError) return invalidity(error.message, error.issues);
  const message = error.message.slice(0, maxText);
  if (error instanceof DeclaredError) return { code, message, detail: error.detail };
  return { code, message };
}

/** What a schema has refused. */
export function invalidity(message: string, issues: readonly Issue[]): Failure {
  return {
    code: "Invalid",
    message: message.slice(0, maxText),
    issues: issues.slice(0, maxIssues).map(shorten),
  };
}

function shorten({ message, path }: Issue): Issue {
  const parts = path.slice(0, maxPath);
  return {
    message: message.slice(0, maxText),
    path: parts.map((part) => (typeof part === "string" ? part.slice(0, maxPathText) : part)),
  };
}

/** The error that a failure of the other side stands for. `name` is the message that it is about. */
export function fromFailure(failure: Failure, name: string): EventwireError {
  const { code, message } = failure;
  switch (code) {
    case "Aborted":
      return new AbortedError(name, message);
    case "Denied":
      return new DeniedError(message, { name });
    case "Disconnected":
      return new DisconnectedError(message, { name });
    case "Invalid":
      return new InvalidError(name, failure.issues ?? [{ message, path: [] }]);
    case "NoHandler":
      return new NoHandlerError(name);
    case "OutcomeUnknown":
      return new OutcomeUnknownError(name, "the server does not know");
    case "Overflow":
      return new OverflowError(message, { name });
    case "Timeout":
      return new TimeoutError(name);
    case "Unavailable":
      return new UnavailableError(message, { name });
    case "Unsupported":
      return new UnsupportedError(message, { name });
    default:
      return new InternalError(name);
  }
}

export function isFailure(value: unknown): value is Failure {
  if (!matchesAll(value, { code: "string", message: "string" })) return false;
  const { issues } = value as { issues?: unknown };
  return issues === undefined || (Array.isArray(issues) && issues.every(isIssue));
}

function isIssue(value: unknown): value is Issue {
  if (!matchesAll(value, { message: "string", path: "object" })) return false;
  const { path } = value as { path: unknown };
  return Array.isArray(path) && path.every((part) => typeof part === "string" || typeof part === "number");
}
