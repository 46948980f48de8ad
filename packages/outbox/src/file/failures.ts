import { EventwireError, OverflowError } from "@eventwire/core";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";

const full = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const forbidden = new Set(["EACCES", "EPERM", "EROFS"]);

/** The code of an error of the operating system. */
export function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code;
}

/** Whether what was asked for is not there. */
export function isAbsent(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

/** @param what is wrong with it. */
export function damaged(path: string, what: string, cause?: unknown): OutboxUnavailableError {
  return new OutboxUnavailableError("Damaged", `"${path}" ${what}.`, cause);
}

/** @param aside where it is now. */
export function putAside({ message, cause }: OutboxUnavailableError, aside: string): OutboxUnavailableError {
  const words = `${message} It is kept as "${aside}": restore it under its own name, or lose what it holds.`;
  return new OutboxUnavailableError("Damaged", words, cause);
}

/** The error that says what the operating system's means, and what to do. */
export function explain(path: string, error: unknown): EventwireError {
  if (EventwireError.is(error)) return error;
  const code = codeOf(error) ?? "";
  const said = error instanceof Error ? error.message : String(error);
  if (full.has(code)) {
    return new OverflowError(`"${path}" has no room: make room on the disk (${said}).`, { cause: error });
  }
  if (forbidden.has(code)) {
    return new OutboxUnavailableError(
      "ReadOnly",
      `"${path}" may not be read and written: see to its permissions (${said}).`,
      error,
    );
  }
  return new OutboxUnavailableError(
    "Failed",
    `"${path}" cannot be read or written: ${said}. See to its disk.`,
    error,
  );
}
