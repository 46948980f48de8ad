import type { CloseReason } from "@eventwire/core";

/** Why a link ends whose receiver threw, for those who write a link: what it was given is lost. */
export function receiverFailure(thrown: unknown): CloseReason {
  const what = thrown instanceof Error ? thrown.message : "no error was thrown";
  return { code: "Internal", message: `What came over this link was not taken: ${what}`, retryable: true };
}
