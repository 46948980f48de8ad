/**
 * @typedef {{ code: number; output: string }} Outcome
 * @typedef {{ name: string; start: () => Promise<Outcome> }} Check
 * @typedef {Outcome & { name: string; seconds: number }} Result
 */

/**
 * Runs checks, so many at once, and tells of each as it ends. One that throws fails with the error as its output.
 *
 * @param {readonly Check[]} checks
 * @param {number} concurrency
 * @returns {Promise<Result[]>} In the order of the checks.
 */
export async function runAll(checks, concurrency) {
  /** @type {Result[]} */
  const results = [];
  const waiting = checks.entries();
  const worker = async () => {
    for (const [index, { name, start }] of waiting) {
      const started = performance.now();
      const outcome = await start().catch((error) => ({ code: 1, output: String(error?.stack ?? error) }));
      results[index] = { ...outcome, name, seconds: (performance.now() - started) / 1_000 };
      console.log(`${outcome.code === 0 ? "passed" : "FAILED"}  ${name}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}
