import { describe } from "../errors/describe.js";

/** A reason may quote what failed, and is kept beside it: past this it is cut, lest a broker has no room for it. */
const maxLength = 1_000;

/** What something died of, in words that a broker keeps. */
export function reasonOf(error: unknown): string {
  const reason = describe(error);
  return reason.length > maxLength ? `${reason.slice(0, maxLength - 1)}…` : reason;
}
