import { MisuseError } from "@eventwire/queue";

/**
 * How long nobody is given what was released, unless its worker says otherwise, and how long a worker claims nothing that has given back what
 * others may have sooner, in milliseconds: no worker is given the same again and again.
 */
export const restTime = 1_000;

/** How a task is handed back. */
export interface ReleaseOptions {
  /**
   * For how long nobody is given it, in milliseconds, at least 0. Default 1,000. With less than that this worker is given nothing of the
   * name for a second, so that it is not offered the same at once.
   */
  readonly delay?: number | undefined;
}

declare const brand: unique symbol;

/** What `release` gives: to be returned where the task has a `result`, which it then has not. */
export interface Released {
  readonly [brand]: true;
}

export const released = Object.freeze({}) as Released;

/** @throws {MisuseError} when it is no time to wait. */
export function checkRelease(name: string, delay: number): void {
  if (delay >= 0 && delay < Number.POSITIVE_INFINITY) return;
  throw new MisuseError(
    `"${name}" was not released: delay must be a finite number of milliseconds, at least 0; it is ${delay}.`,
    { name },
  );
}
