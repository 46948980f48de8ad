import type { Entry } from "../../log/entries.js";
import { Ledger } from "./ledger.js";
import { isOpen, type LedgerTask } from "./ledger-task.js";

/** What many seeds' tasks came to. */
export interface WorkCounts {
  /** Those that have a receipt. */
  readonly enqueued: number;
  readonly begun: number;
  readonly done: number;
  readonly dead: number;
  readonly cancelled: number;
  /** Attempts that came to their end and did not count. */
  readonly repeated: number;
}

export interface WorkVerdict {
  readonly counts: WorkCounts;
  readonly lost: readonly string[];
  readonly unexpected: readonly string[];
  readonly duplicated: readonly string[];
  readonly inverted: readonly string[];
}

/** Of a system without tasks. */
export const noVerdict: WorkVerdict = {
  counts: { enqueued: 0, begun: 0, done: 0, dead: 0, cancelled: 0, repeated: 0 },
  ...{ lost: [], unexpected: [], duplicated: [], inverted: [] },
};

/** A task that somebody has begun to enqueue, by what it is called outside of the system. */
interface Job {
  readonly id: string;
  acknowledged: boolean;
  refused: boolean;
  /** Whether it went with what came after a backup. */
  gone: boolean;
  /** How often each attempt was begun. */
  readonly begun: Map<number, number>;
  /** What it was told to have given, to who waited for that. */
  readonly given: Set<string>;
}

/** What an attempt is to leave when its task is done, and is not to leave otherwise. */
interface Promised {
  readonly job: string;
  readonly attempt: number;
  /** The task that comes with it. */
  readonly next: string | undefined;
}

/** Keeps what was enqueued, begun and promised outside of the system, and compares it with what the journal says in the end. */
export class WorkOracle {
  readonly #jobs = new Map<string, Job>();
  /** By what each effect is called outside of the system. */
  readonly #promised = new Map<string, Promised>();
  readonly #unexpected: string[] = [];
  #begun = 0;
  /** How many attempts have come to their end. */
  ended = 0;
  /** When the journal was last put back, on the clock of the world. */
  #restoredAt = Number.NEGATIVE_INFINITY;

  attempted(id: string): void {
    this.#jobs.set(id, {
      ...{ id, acknowledged: false, refused: false, gone: false },
      ...{ begun: new Map(), given: new Set() },
    });
  }

  acknowledged(id: string): void {
    this.#jobs.get(id)!.acknowledged = true;
  }

  /** Who enqueued it was told that it is not there. */
  refused(id: string): void {
    this.#jobs.get(id)!.refused = true;
  }

  /** @param looked when what came to the worker was sent, on the clock of the world; `undefined` where it was not sent. */
  began(id: string, attempt: number, looked: number | undefined): void {
    this.#begun += 1;
    const job = this.#jobs.get(id);
    if (!job) this.#unexpected.push(`${id} was begun, and never enqueued`);
    // What is of a history that is over counts in none.
    else if ((looked ?? Number.POSITIVE_INFINITY) > this.#restoredAt) {
      job.begun.set(attempt, (job.begun.get(attempt) ?? 0) + 1);
    }
  }

  /** An attempt has come to its end, and says what is to be there if that counts. */
  promised(effect: string, promised: Promised): void {
    this.ended += 1;
    this.#promised.set(effect, promised);
    if (promised.next !== undefined) this.attempted(promised.next);
  }

  /** Who waited was told what a task gave. @param looked as of `began`. */
  gave(id: string, result: string, looked: number | undefined): void {
    const job = this.#jobs.get(id)!;
    if ((looked ?? Number.POSITIVE_INFINITY) > this.#restoredAt) job.given.add(result);
  }

  /** The journal is put back to these entries: what is not among them is gone, and what was begun since is begun anew. */
  restored(entries: readonly Entry[], time: number): void {
    this.#restoredAt = time;
    const ledger = new Ledger().upTo({ entries });
    for (const job of this.#jobs.values()) {
      job.gone = ledger.of(job.id).length === 0;
      job.given.clear();
      job.begun.clear();
    }
  }

  /** What is acknowledged and has not ended, whatever it waits for. */
  waiting(ledger: Ledger): readonly string[] {
    const children = new Set(ledger.effects.map(({ id }) => id && this.#promised.get(id)?.next));
    return [...this.#jobs.values()].flatMap(({ id, acknowledged, gone }) => {
      if (!(acknowledged && !gone) && !children.has(id)) return [];
      const [task] = ledger.of(id);
      if (!task) return [`task ${id}: it is not there`];
      return isOpen(task) ? [`task ${id}: it is ${this.#reasonOf(task, ledger)}`] : [];
    });
  }

  #reasonOf({ state, after, attempt }: LedgerTask, ledger: Ledger): string {
    const others = after.map((id) => ledger.tasks.get(id)).filter((other) => other !== undefined);
    const behind = others.map((other) => `${other.job}, which is ${other.state}`).join(", ");
    return `${state} at attempt ${attempt}${behind === "" ? "" : `, after ${behind}`}`;
  }

  verdict(ledger: Ledger): WorkVerdict {
    const wrongs = ledger.wrongs;
    const lost = [...this.waiting(ledger)];
    const unexpected = [...this.#unexpected, ...wrongs.unexpected];
    const duplicated = [...wrongs.duplicated];
    const effects = new Map<string, (string | undefined)[]>();
    for (const { id, job } of ledger.effects) effects.set(job, [...(effects.get(job) ?? []), id]);
    const next = new Set<string>();
    for (const task of ledger.tasks.values()) {
      const { job: id, state, result, claims } = task;
      const job = this.#jobs.get(id);
      if (!job) {
        unexpected.push(`task ${id}: nobody has enqueued it`);
        continue;
      }
      if (job.refused) unexpected.push(`task ${id}: it was refused`);
      for (const [attempt, count] of job.begun) {
        if (count > (claims.get(attempt) ?? 0))
          unexpected.push(`attempts: ${id} began ${attempt} ${count} times`);
      }
      const left = effects.get(id) ?? [];
      if (left.length > 1) duplicated.push(`task ${id}: done ${left.length} times`);
      if (state !== "done" && left.length > 0) unexpected.push(`task ${id}: done, and it is ${state}`);
      if (state !== "done") continue;
      if (left.length === 0) lost.push(`task ${id}: what it left`);
      const promised = result === undefined ? undefined : this.#promised.get(result);
      if (promised?.job !== id || (left[0] ?? result) !== result)
        unexpected.push(`task ${id}: it gave ${result}`);
      if (promised?.next !== undefined) next.add(promised.next);
      for (const given of job.given)
        if (given !== result) unexpected.push(`task ${id}: gave ${given}, and ${result}`);
    }
    for (const promised of this.#promised.values()) {
      if (promised.next === undefined || next.has(promised.next)) continue;
      if (ledger.of(promised.next).length > 0)
        unexpected.push(`task ${promised.next}: came with what did not count`);
    }
    const count = (state: LedgerTask["state"]) =>
      [...ledger.tasks.values()].filter((task) => task.state === state).length;
    return {
      counts: {
        enqueued: [...this.#jobs.values()].filter(({ acknowledged }) => acknowledged).length,
        begun: this.#begun,
        ...{ done: count("done"), dead: count("dead"), cancelled: count("cancelled") },
        repeated: this.ended - count("done"),
      },
      ...{ lost, unexpected, duplicated, inverted: wrongs.inverted },
    };
  }
}
