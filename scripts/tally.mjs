/**
 * What a test run came to, a count for each project and one for what failed outside of any test.
 *
 * @typedef {{ passed: number; failed: number; skipped: number }} Counts
 * @typedef {{ projects: Record<string, Counts>; unhandled: number; interrupted: boolean }} Tally
 */

/**
 * Counts the tests of a run. A file that cannot be loaded holds no tests, so it counts as one failure itself.
 *
 * @param {readonly import("vitest/node").TestModule[]} modules
 * @param {readonly unknown[]} unhandled Errors that belong to no test.
 * @param {import("vitest/node").TestRunEndReason} reason
 * @returns {Tally}
 */
export function tally(modules, unhandled, reason) {
  /** @type {Record<string, Counts>} */
  const projects = {};
  for (const module of modules) {
    projects[module.project.name] ??= { passed: 0, failed: 0, skipped: 0 };
    const counts = /** @type {Counts} */ (projects[module.project.name]);
    let failedTests = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") counts.passed += 1;
      else if (state === "skipped") counts.skipped += 1;
      else failedTests += 1;
    }
    const failedAsAWhole = failedTests === 0 && !module.ok();
    counts.failed += failedTests + (failedAsAWhole ? 1 : 0);
  }
  return { projects, unhandled: unhandled.length, interrupted: reason === "interrupted" };
}

/**
 * Sums a tally into one verdict. What failed outside of a test counts as a failure, and so does a run without tests:
 * neither may look like success.
 *
 * @param {Tally | undefined} result Nothing when the run ended before it could report.
 * @param {{ code: number; expected: readonly string[] }} run The exit code, and the projects that must have tests.
 * @returns {Counts & { reasons: string[] }} The reasons say which failures are no test's.
 */
export function verdict(result, { code, expected }) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of Object.values(result?.projects ?? {})) {
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
  }
  const reasons = [];
  if (result === undefined) reasons.push("the run ended before it could report");
  if (result?.interrupted) reasons.push("the run was interrupted");
  for (let index = 0; index < (result?.unhandled ?? 0); index += 1)
    reasons.push("an error outside of any test");
  for (const project of expected) {
    if (!result?.projects[project]) reasons.push(`no test ran in the project "${project}"`);
  }
  if (sum.passed + sum.failed === 0) reasons.push("no test ran");
  if (code !== 0 && sum.failed + reasons.length === 0) reasons.push(`vitest ended with code ${code}`);
  return { ...sum, failed: sum.failed + reasons.length, reasons };
}
