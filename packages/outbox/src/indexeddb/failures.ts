import { EventwireError, OverflowError } from "@eventwire/core";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";

/** What to do where a platform keeps nothing for a page. */
const allow = "allow the page to keep data, or connect without this store and lose what waits with the page";

/** The error that says what the browser's means, and what to do. */
export function explain(name: string, error: unknown): EventwireError {
  if (EventwireError.is(error)) return error;
  const { name: kind = "", message: said = String(error) } = (error ?? {}) as Partial<DOMException>;
  switch (kind) {
    case "QuotaExceededError": {
      const message = `The database "${name}" has no room: the browser gives this site no more (${said}).`;
      return new OverflowError(message, { cause: error });
    }
    case "VersionError":
      return new OutboxUnavailableError(
        "Newer",
        `The database "${name}" was written by a newer version of @eventwire/outbox: load the newer page.`,
        error,
      );
    case "SecurityError":
    case "InvalidAccessError":
      return missing(`The browser refuses the database "${name}" (${said})`, error);
    default: {
      const message = `The database "${name}" failed: ${said || kind}. Open the outbox again, or load the page again.`;
      return new OutboxUnavailableError("Failed", message, error);
    }
  }
}

export function missing(what: string, cause?: unknown): OutboxUnavailableError {
  return new OutboxUnavailableError("Missing", `${what}: ${allow}.`, cause);
}
