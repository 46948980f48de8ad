import { writeFileSync } from "node:fs";
import { tally } from "./tally.mjs";

/** @import { Reporter, TestModule, TestRunEndReason } from "vitest/node" */

/**
 * A vitest reporter that leaves the tally of a run in the file named by `TALLY_FILE`, beside whatever the reader sees.
 *
 * @implements {Reporter}
 */
export default class TallyReporter {
  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly unknown[]} unhandled
   * @param {TestRunEndReason} reason
   */
  onTestRunEnd(modules, unhandled, reason) {
    const file = process.env.TALLY_FILE;
    if (file === undefined) throw new Error("TALLY_FILE names no file for the tally");
    writeFileSync(file, JSON.stringify(tally(modules, unhandled, reason)));
  }
}
