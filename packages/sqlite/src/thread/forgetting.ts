import type { Ask, Retention } from "../messages.js";
import type { Database } from "./database.js";
import type { GroupCommit, Settle } from "./group-commit.js";
import type { OpenFile } from "./open-file.js";
import { Retainer } from "./retainer.js";
import { SweepRunner } from "./sweep-runner.js";
import { Sweeper } from "./sweeper.js";
import { Compaction, erasing, nameIn, trimming } from "./sweeps.js";

/** How often to look for what need not be kept any longer, in milliseconds. */
const retainEvery = 250;

/** All the ways in which the log forgets. */
export class Forgetting {
  readonly #writer: Database;
  readonly #commits: GroupCommit;
  readonly #sweeps: SweepRunner;
  readonly #retainer: Retainer;
  readonly #now: () => number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param now the time, in milliseconds since the Unix epoch; `undefined` as long as it is not known. */
  constructor(file: OpenFile, commits: GroupCommit, retention: Retention, now: () => number | undefined) {
    this.#writer = file.writer;
    this.#commits = commits;
    this.#sweeps = new SweepRunner(commits, new Sweeper(file.writer, file.path));
    this.#retainer = new Retainer(file.writer, retention);
    this.#now = now;
    if (this.#retainer.isLimited) this.#retainLater();
  }

  trim({ before, name }: Ask<"trim">, settle: Settle<undefined>): void {
    this.#sweeps.run(
      (head) => {
        const named = nameIn(this.#commits.names, name);
        return named && trimming(Math.min(before, head + 1), named);
      },
      (outcome) => settle("error" in outcome ? outcome : { result: undefined }),
    );
  }

  compact({ before, name }: Ask<"compact">, settle: Settle<number>, earlier = 0): void {
    let compaction: Compaction | undefined;
    this.#sweeps.run(
      (head) => {
        const named = nameIn(this.#commits.names, name);
        compaction = named && new Compaction(Math.min(before, head + 1), named);
        return compaction;
      },
      (outcome) => {
        if ("error" in outcome) settle(outcome);
        else if (compaction?.skipped === undefined) settle({ result: earlier + outcome.result });
        else this.compact({ before: compaction.skipped + 1, name }, settle, earlier + outcome.result);
      },
    );
  }

  erase({ key, name }: Ask<"erase">, settle: Settle<number>): void {
    this.#sweeps.run(
      () => {
        const named = nameIn(this.#commits.names, name);
        return named && erasing(key, named);
      },
      (outcome) => {
        // What was erased is in the write-ahead log still.
        this.#writer.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        settle(outcome);
      },
    );
  }

  /** Begins nothing more by itself. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #retainLater(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.#retain(), retainEvery);
  }

  #retain(): void {
    const now = this.#now();
    const before = now === undefined ? 0 : this.#retainer.before(now);
    if (before === 0) this.#retainLater();
    else this.trim({ before, name: undefined }, () => this.#retainLater());
  }
}
