import type { GroupCommit, Settle, Transaction } from "./group-commit.js";
import type { Done } from "./queues.js";

/** What a step has done of what takes many. */
export interface Stepped {
  readonly count: number;
  /** Where the next step begins; `undefined` when nothing is left. */
  readonly next: number | undefined;
}

/**
 * Does in steps what may concern many tasks, each of them in a transaction with what else waits.
 *
 * @param step begins at 0, and then at what the one before has said.
 * @param settle is told how many it was in all.
 */
export function inSteps(
  commits: GroupCommit,
  step: (from: number, transaction: Transaction) => Done<Stepped>,
  settle: Settle<number>,
): void {
  let count = 0;
  const run = (from: number) => {
    commits.do(
      (transaction) => {
        const { result, state } = step(from, transaction);
        transaction.state = state;
        return result;
      },
      (outcome) => {
        if ("error" in outcome) {
          settle(outcome);
          return;
        }
        count += outcome.result.count;
        if (outcome.result.next === undefined) settle({ result: count });
        else run(outcome.result.next);
      },
    );
  };
  run(0);
}
