/** Marks errors of this family, also across two copies of the package. */
const marker = Symbol.for("eventwire.error");

/** What every Eventwire error can be made with. */
export interface ErrorDetails {
  /** The event, task or request that this is about. */
  readonly name?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error that Eventwire makes. Branch on `code`, which is stable; `message` is for people.
 *
 * @example
 * ```ts
 * try {
 *   await bus.request("airport.stats", { airport: "SFO" });
 * } catch (error) {
 *   if (EventwireError.is(error) && error.retryable) retryLater();
 *   else throw error;
 * }
 * ```
 */
export abstract class EventwireError extends Error {
  /** Stable across releases, such as `"Timeout"`; for an error that a request declares, its declared name. */
  abstract readonly code: string;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean = false;
  /** The event, task or request that this is about, if it is about one. */
  readonly about: string | undefined;
  /** @internal */
  readonly [marker] = true;

  constructor(message: string, { name, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.about = name;
  }

  override get name(): string {
    // Not the name of the class, of which a minifier leaves a letter.
    return `${this.code}Error`;
  }

  /** Whether `error` is an Eventwire error, whichever copy of the package made it. */
  static is(error: unknown): error is EventwireError {
    return typeof error === "object" && error !== null && marker in error;
  }
}
