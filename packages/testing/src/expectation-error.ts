/** What was expected of a bus did not come, or what was not expected did. The message lists what came. */
export class ExpectationError extends Error {
  /** What was expected, and what came nearest to it; test runners show how they differ. */
  readonly expected: unknown;
  readonly actual: unknown;

  constructor(
    message: string,
    { expected, actual }: { readonly expected?: unknown; readonly actual?: unknown } = {},
  ) {
    super(message);
    this.name = "ExpectationError";
    this.expected = expected;
    this.actual = actual;
  }
}
