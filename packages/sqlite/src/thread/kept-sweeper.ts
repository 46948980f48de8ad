import type { Database, Statement } from "./database.js";
import type { GroupCommit } from "./group-commit.js";

/** How often to look for what is kept no longer, in milliseconds. */
const sweepEvery = 1_000;
/** How many one transaction forgets: others wait for it. */
const stepTasks = 1_000;

/** Forgets what became of tasks, once it is kept no longer. Nobody is shown it by then. */
export class KeptSweeper {
  readonly #commits: GroupCommit;
  readonly #now: () => number | undefined;
  readonly #trouble: (error: unknown) => void;
  readonly #some: Statement<unknown>;
  readonly #sweep: Statement<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Whether the last one failed: that is told once, until one succeeds. */
  #failing = false;

  /**
   * @param now the time, in milliseconds since the Unix epoch; `undefined` as long as it is not known.
   * @param trouble told why it stays.
   */
  constructor(
    { reader, writer }: { readonly reader: Database; readonly writer: Database },
    commits: GroupCommit,
    now: () => number | undefined,
    trouble: (error: unknown) => void,
  ) {
    this.#commits = commits;
    this.#now = now;
    this.#trouble = trouble;
    const kept = "FROM tasks WHERE state >= 7 AND until <= ? ORDER BY until LIMIT";
    this.#some = reader.prepare(`SELECT 1 ${kept} 1`);
    this.#sweep = writer.prepare(`DELETE FROM tasks WHERE place IN (SELECT place ${kept} ${stepTasks})`);
    this.#later();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.#look(), sweepEvery);
  }

  #look(): void {
    const now = this.#now();
    try {
      if (now === undefined || this.#some.get(now) === undefined) this.#later();
      else this.#step(now);
    } catch (error) {
      this.#fail(error);
    }
  }

  #step(now: number): void {
    this.#commits.do(
      () => Number(this.#sweep.run(now).changes),
      (outcome) => {
        if ("error" in outcome) {
          this.#fail(outcome.error);
          return;
        }
        this.#failing = false;
        if (outcome.result === stepTasks && !this.#stopped) this.#step(now);
        else this.#later();
      },
    );
  }

  #fail(error: unknown): void {
    // At the end of the broker nothing more is begun, which is none.
    if (!this.#failing && !this.#stopped) this.#trouble(error);
    this.#failing = true;
    this.#later();
  }
}
