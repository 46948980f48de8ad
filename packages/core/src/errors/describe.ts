/** What was thrown, in words. Anything can be thrown, also what has no words: that must not throw again. */
export function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "a value that cannot be shown";
  }
}
