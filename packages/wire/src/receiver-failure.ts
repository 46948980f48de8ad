import type { CloseReason } from "@eventwire/core";

/** Why a link ends whose receiver threw, for those who write a link: what it was given is lost. */
export function receiverFailure(thrown: unknown): CloseReason {
  const what = thrown instanceof Error ? thrown.message : "something was thrown that is no error";
  return { code: "Internal", message: `What came over this link was not taken: ${what}`, retryable: true };
}
