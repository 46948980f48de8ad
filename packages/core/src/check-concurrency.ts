import { MisuseError } from "@eventwire/queue";

/** @throws {MisuseError} when it is no number of things that can be done at once. */
export function checkConcurrency(name: string, concurrency: number): void {
  const whole = Number.isInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY;
  if (whole && concurrency >= 1) return;
  throw new MisuseError(
    `concurrency must be a whole number of at least 1, or Infinity; it is ${concurrency}.`,
    { name },
  );
}
