/** What may be asked again: it is known by its id if it got there, or it was not looked at. */
const passing: ReadonlySet<string> = new Set(["Disconnected", "Timeout", "Unavailable"]);

/** Whether the same may be asked again. */
export function isPassing(error: unknown): boolean {
  return passing.has((error as { readonly code?: string } | undefined)?.code ?? "");
}
