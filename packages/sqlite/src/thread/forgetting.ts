import { setTimeout as sleep } from "node:timers/promises";
import type { Ask, ThreadData } from "../messages.js";
import { StoreError } from "../store-error.js";
import type { Statement } from "./database.js";
import type { GroupCommit, Settle } from "./group-commit.js";
import type { OpenFile } from "./open-file.js";
import { Retainer } from "./retainer.js";
import { SweepRunner } from "./sweep-runner.js";
import { Sweeper } from "./sweeper.js";
import { Compaction, erasing, nameIn, trimming } from "./sweeps.js";

/** How often to look for what need not be kept any longer, in milliseconds. */
const retainEvery = 250;
/** How often to look whether the write-ahead log can be emptied, in milliseconds. */
const emptyEvery = 5;

/** All the ways in which the log forgets. */
export class Forgetting {
  readonly #file: string;
  readonly #busyTimeout: number;
  readonly #checkpoint: Statement<{ readonly busy: number }>;
  readonly #commits: GroupCommit;
  readonly #sweeps: SweepRunner;
  readonly #retainer: Retainer;
  readonly #now: () => number | undefined;
  readonly #trouble: (error: unknown) => void;
  /** Whether the last retention failed: that is told once, until one succeeds. */
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #emptying = new Set<Promise<void>>();

  /**
   * @param now the time, in milliseconds since the Unix epoch; `undefined` as long as it is not known.
   * @param trouble told why what need not be kept any longer stays.
   */
  constructor(
    file: OpenFile,
    commits: GroupCommit,
    { retention, busyTimeout }: Pick<ThreadData, "retention" | "busyTimeout">,
    now: () => number | undefined,
    trouble: (error: unknown) => void,
  ) {
    this.#file = file.path;
    this.#busyTimeout = busyTimeout;
    this.#checkpoint = file.writer.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#commits = commits;
    this.#sweeps = new SweepRunner(commits, new Sweeper(file.writer, file.path));
    this.#retainer = new Retainer(file.writer, retention);
    this.#now = now;
    this.#trouble = trouble;
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
        if ("error" in outcome) settle(outcome);
        else this.#settleEmpty(outcome.result, settle);
      },
    );
  }

  /** What was erased is in the write-ahead log still. */
  #settleEmpty(count: number, settle: Settle<number>): void {
    const emptying = this.#empty().then(
      () => settle({ result: count }),
      (error: unknown) => settle({ error }),
    );
    this.#emptying.add(emptying);
    void emptying.then(() => this.#emptying.delete(emptying));
  }

  /** Empties the write-ahead log, as soon as nobody reads from it. */
  async #empty(): Promise<void> {
    const until = performance.now() + this.#busyTimeout;
    while (this.#checkpoint.get()!.busy !== 0) {
      if (this.#stopped || performance.now() >= until) {
        throw new StoreError(
          "StoreLocked",
          `"${this.#file}": what is erased may be in its write-ahead log still, which another program reads: erase it again.`,
        );
      }
      await sleep(emptyEvery);
    }
  }

  /** Begins nothing more by itself. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Resolves when nothing is under way, once it was stopped. */
  async settled(): Promise<void> {
    await Promise.all(this.#emptying);
  }

  #retainLater(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.#retain(), retainEvery);
  }

  #retain(): void {
    const now = this.#now();
    let before = 0;
    try {
      before = now === undefined ? 0 : this.#retainer.before(now);
    } catch (error) {
      this.#retained({ error });
      return;
    }
    if (before === 0) this.#retainLater();
    else this.trim({ before, name: undefined }, (outcome) => this.#retained(outcome));
  }

  #retained(outcome: { readonly result: unknown } | { readonly error: unknown }): void {
    const failed = "error" in outcome;
    // At the end of the broker nothing more is begun, which is none.
    if (failed && !this.#failing && !this.#stopped) this.#trouble(outcome.error);
    this.#failing = failed;
    this.#retainLater();
  }
}
