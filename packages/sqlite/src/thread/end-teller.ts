import type { Database, Statement } from "./database.js";
import type { GroupCommit } from "./group-commit.js";
import type { Queues } from "./queues.js";

/** How often to look whether another process was lost while it told, in milliseconds. */
const lookEvery = 1_000;

/**
 * Tells who waits for tasks that have ended, where that is too many for the transaction of the end: the others in the next ones, with
 * what else waits. What a process has begun that is lost another one ends.
 */
export class EndTeller {
  readonly #commits: GroupCommit;
  readonly #queues: Queues;
  readonly #now: () => number | undefined;
  readonly #trouble: (error: unknown) => void;
  readonly #some: Statement<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #telling = false;
  #stopped = false;
  /** Whether the last one failed: that is told once, until one succeeds. */
  #failing = false;

  /**
   * @param now the time, in milliseconds since the Unix epoch; `undefined` as long as it is not known.
   * @param trouble told why they are not told.
   */
  constructor(
    reader: Database,
    commits: GroupCommit,
    queues: Queues,
    now: () => number | undefined,
    trouble: (error: unknown) => void,
  ) {
    this.#commits = commits;
    this.#queues = queues;
    this.#now = now;
    this.#trouble = trouble;
    this.#some = reader.prepare("SELECT 1 FROM task_ends LIMIT 1");
    this.#later();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** A transaction is over, which may have left some to be told. */
  committed(): void {
    this.#queues.renew();
    if (this.#queues.pending) this.#tell();
  }

  #later(): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#look(), lookEvery);
  }

  #look(): void {
    try {
      if (this.#some.get() !== undefined) this.#tell();
    } catch (error) {
      this.#fail(error);
    }
    this.#later();
  }

  #tell(): void {
    const now = this.#now();
    if (this.#telling || this.#stopped || now === undefined) return;
    this.#telling = true;
    this.#commits.do(
      (transaction) => {
        const { result, state } = this.#queues.goOn(now, transaction.state);
        transaction.state = state;
        return result;
      },
      (outcome) => {
        this.#telling = false;
        if ("error" in outcome) {
          // The next look tries again.
          this.#fail(outcome.error);
          return;
        }
        this.#failing = false;
        if (outcome.result) this.#tell();
      },
    );
  }

  #fail(error: unknown): void {
    if (!this.#failing && !this.#stopped) this.#trouble(error);
    this.#failing = true;
  }
}
