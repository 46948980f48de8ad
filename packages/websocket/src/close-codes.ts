import type { CloseReason } from "@eventwire/core";

/** The longest text that a close frame takes, in bytes. */
const maxTextBytes = 123;
/** A page may close with 1000 or with a code of its own; this one says that it comes again. */
const comesAgain = 4000;

/** What a close frame says. */
export interface CloseFrame {
  readonly code: number;
  readonly text: string;
}

/** How a server says `reason` in a close frame, for peers that have not read its goodbye, and for people with a debugger. */
export function serverCloseFrame(reason: CloseReason): CloseFrame {
  return { code: serverCode(reason), text: closeText(reason) };
}

function serverCode({ code, retryable }: CloseReason): number {
  if (code === "Closed") return retryable ? 1001 : 1000;
  if (!retryable) return 1008;
  return code === "Internal" ? 1011 : 1013;
}

/** The same for a client, in the codes that browsers let a page use. */
export function clientCloseFrame(reason: CloseReason): CloseFrame {
  return { code: reason.retryable ? comesAgain : 1000, text: closeText(reason) };
}

/** What each code of RFC 6455 and its registry means for a bus, where the other side gave no text of its own. */
const meanings: Readonly<Record<number, CloseReason>> = {
  1000: reason("Closed", "The other side closed the connection.", false),
  1001: reason("Closed", "The other side goes away.", true),
  1002: reason("Protocol", "The other side could not read a WebSocket frame.", true),
  1003: reason(
    "Protocol",
    "The other side takes no frames of this kind. Does it serve Eventwire there?",
    false,
  ),
  1007: reason("Protocol", "The other side got a text that is not UTF-8.", true),
  1008: reason("Denied", "The other side does not take this peer.", false),
  1009: reason("Overflow", "A frame was larger than the other side takes.", true),
  1010: reason("Protocol", "The other side wants an extension that is not there.", false),
  1011: reason("Internal", "The other side failed.", true),
  1012: reason("Closed", "The other side restarts.", true),
  1013: reason("Unavailable", "The other side is busy.", true),
};
const lost = reason("Lost", "The connection was lost.", true);

/** What a close frame, or the loss of a connection (1006), says. */
export function reasonOf({ code, text }: CloseFrame): CloseReason {
  const meaning = meanings[code] ?? lost;
  const [, said, message] = /^([A-Z]\w*): (.+)$/s.exec(text) ?? [];
  if (said === undefined || message === undefined) return meaning;
  return { code: said, message, retryable: meaning.retryable };
}

/** As much of it as a close frame takes, in whole characters. */
function closeText({ code, message }: CloseReason): string {
  const text = `${code}: ${message}`;
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxTextBytes)).read);
}

function reason(code: string, message: string, retryable: boolean): CloseReason {
  return { code, message, retryable };
}
