/** A listening or working that began. */
export interface Begun {
  /** Resolves when it is in force; rejects when it cannot be. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** One that cannot be in force. */
export function refused(reason: unknown): Begun {
  return { ready: Promise.reject(reason), stop: nothing };
}

function nothing(): undefined {
  return undefined;
}
