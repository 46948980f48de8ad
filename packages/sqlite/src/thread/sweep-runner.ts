import type { GroupCommit, Settle } from "./group-commit.js";
import type { Sweep, Sweeper } from "./sweeper.js";

/** Forgets in steps, each of them in a transaction with what else waits. */
export class SweepRunner {
  readonly #commits: GroupCommit;
  readonly #sweeper: Sweeper;

  constructor(commits: GroupCommit, sweeper: Sweeper) {
    this.#commits = commits;
    this.#sweeper = sweeper;
  }

  /**
   * @param begin gives what is to be forgotten of a log with this head; called in the first step.
   * @param settle is told how many records are forgotten.
   */
  run(begin: (head: number) => Sweep | undefined, settle: Settle<number>): void {
    let sweep: Sweep | undefined;
    let count = 0;
    const step = (from: number | undefined) => {
      this.#commits.do(
        (transaction) => {
          sweep ??= begin(transaction.state.head);
          if (!sweep) return undefined;
          const done = this.#sweeper.step(sweep, from, transaction.state);
          transaction.state = done.state;
          return done;
        },
        (outcome) => {
          if ("error" in outcome) {
            settle(outcome);
            return;
          }
          count += outcome.result?.count ?? 0;
          if (outcome.result?.next === undefined) settle({ result: count });
          else step(outcome.result.next);
        },
      );
    };
    step(undefined);
  }
}
