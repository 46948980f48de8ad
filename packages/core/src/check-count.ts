import { MisuseError } from "@eventwire/queue";

/** @throws {MisuseError} when `count` is no whole number of at least 1; `Infinity` is one. */
export function checkCount(what: string, count: number, name?: string): void {
  if ((Number.isInteger(count) || count === Infinity) && count >= 1) return;
  throw new MisuseError(`${what} must be a whole number of at least 1, or Infinity; it is ${count}.`, {
    name,
  });
}
