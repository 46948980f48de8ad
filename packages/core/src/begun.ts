/** A listening or working that began. */
export interface Begun {
  /** Resolves when it is in force; rejects when it cannot be. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** One that cannot be in force, for the reason of a rejection. */
export function refused(ready: Promise<never>): Begun {
  return { ready, stop: nothing };
}

function nothing(): undefined {
  return undefined;
}
