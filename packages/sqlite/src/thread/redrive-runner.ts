import type { Ask } from "../messages.js";
import type { GroupCommit, Settle } from "./group-commit.js";
import type { Queues } from "./queues.js";
import type { Redrive } from "./redriver.js";

/** Redrives in steps, each of them in a transaction with what else waits. */
export class RedriveRunner {
  readonly #commits: GroupCommit;
  readonly #queues: Queues;

  constructor(commits: GroupCommit, queues: Queues) {
    this.#commits = commits;
    this.#queues = queues;
  }

  /** @param settle is told how many are to be done again. */
  run({ name, ids }: Ask<"redrive">, settle: Settle<number>): void {
    const wanted = ids === "all" ? ids : new Set(ids);
    let redrive: Redrive | undefined;
    let count = 0;
    const step = (after: number) => {
      this.#commits.do(
        (transaction) => {
          const named = this.#commits.names.find(name);
          if (named === undefined) return undefined;
          redrive ??= { name: named, ids: wanted, until: transaction.state.serial };
          const redriven = this.#queues.redrive(redrive, after, transaction.state);
          transaction.state = redriven.state;
          return redriven;
        },
        (outcome) => {
          if ("error" in outcome) {
            settle(outcome);
            return;
          }
          count += outcome.result?.count ?? 0;
          const next = outcome.result?.next;
          if (next === undefined) settle({ result: count });
          else step(next);
        },
      );
    };
    step(0);
  }
}
