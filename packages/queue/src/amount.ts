import { MisuseError } from "./errors/misuse-error.js";

/** Whether it is a finite number of at least 0. NaN is none, nor is what only compares as a number does: it may come from a peer. */
export function isAmount(value: number): boolean {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}

/** @throws {MisuseError} when `value` is no whole number of at least `least`; `Infinity` is one. */
export function checkCount(least: number, value: number, option: string, name: string): void {
  if (value >= least && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return;
  throw new MisuseError(
    `${option} of "${name}" must be a whole number of at least ${least}, or Infinity; it is ${value}.`,
    { name },
  );
}

/** @throws {MisuseError} when `value` is less than `least`, or NaN. */
export function checkAtLeast(least: number, value: number, option: string, name: string): void {
  if (!(value >= least)) {
    throw new MisuseError(`${option} of "${name}" must be at least ${least}; it is ${value}.`, { name });
  }
}
