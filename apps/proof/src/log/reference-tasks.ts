import type {
  ClaimedTask,
  DeadTask,
  EnqueuedTask,
  NewTask,
  Settlement,
  TaskCounts,
  TaskQuery,
  TaskState,
  Tasks,
} from "@eventwire/core";
import type { LogBugs } from "./bugs.js";
import type { Reclaim, TaskEntry } from "./task-entries.js";
import type { TaskReplica } from "./task-replica.js";

type Keep = (entry: TaskEntry) => void;

/** Asks what the steps come to, and has steps kept. @param early the answer is told before they are: a planted bug. */
export type AskTasks = <Answer>(
  question: (tasks: TaskReplica, keep: Keep) => Promise<Answer>,
  early?: boolean,
) => Promise<Answer>;

/** Who watches, whichever replica there is. */
interface Watch {
  readonly attach: (tasks: TaskReplica) => () => void;
  stop: () => void;
}

/** Longer than anything is waited for, in milliseconds. */
const never = 1e12;
/** How much sooner leases are over than who has them thinks, so that much is lost that is not known to be: of a planted bug. */
const hurry = 30;

/** The tasks of the reference: each step is one of the journal. */
export class ReferenceTasks implements Tasks {
  readonly #ask: AskTasks;
  readonly #bugs: LogBugs;
  readonly #watches = new Set<Watch>();
  #replica: TaskReplica | undefined;

  constructor(ask: AskTasks, bugs: LogBugs) {
    this.#ask = ask;
    this.#bugs = bugs;
  }

  get watched(): boolean {
    return this.#watches.size > 0;
  }

  /** Another one takes the place of that before. */
  attach(replica: TaskReplica): void {
    this.#replica = replica;
    for (const watch of this.#watches) {
      watch.stop();
      watch.stop = watch.attach(replica);
    }
  }

  enqueue(batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]> {
    return this.#ask(async (tasks, keep) => {
      const { entries, enqueued } = await tasks.enqueue(batch);
      for (const entry of entries) keep(entry);
      return enqueued;
    }, this.#bugs.has("enqueued-before-commit"));
  }

  claim(query: TaskQuery): Promise<readonly ClaimedTask[]> {
    return this.#ask(async (tasks, keep) => {
      const { entry, claimed } = await tasks.claim({ ...query, lease: this.#lasting(query) });
      if (entry) keep(entry);
      return claimed;
    });
  }

  reclaim(query: Reclaim): Promise<readonly ClaimedTask[]> {
    return this.#ask(async (tasks, keep) => {
      const { entry, claimed } = await tasks.reclaim({ ...query, lease: this.#lasting(query) });
      if (entry) keep(entry);
      return claimed;
    });
  }

  async settle(batch: readonly Settlement[]): Promise<readonly boolean[]> {
    let ends: readonly Settlement[] = [];
    const held = await this.#ask(async (tasks, keep) => {
      ends = this.#bugs.has("ended-in-two") ? batch.filter((one) => isEnd(one, tasks)) : [];
      const { entry, held } = await tasks.settle(
        batch.map((one) => (ends.includes(one) ? heldBack(one) : one)),
      );
      if (entry) keep(entry);
      return held;
    });
    if (ends.length > 0) void this.settleAtLast(ends);
    return held;
  }

  /** Ends what was held back. Nobody waits for it. */
  async settleAtLast(ends: readonly Settlement[]): Promise<void> {
    await this.#ask(async (tasks, keep) => {
      const { entry } = await tasks.settle(ends);
      if (entry) keep(entry);
    }).catch(() => undefined);
  }

  watch(names: readonly string[], hint: (dueAt?: number) => void): () => void {
    return this.#watch((tasks) => tasks.reading.watch(names, hint));
  }

  counts(name: string): Promise<TaskCounts> {
    return this.#ask((tasks) => tasks.reading.counts(name));
  }

  dead(name: string, after?: string, limit?: number): Promise<readonly DeadTask[]> {
    return this.#ask((tasks) => tasks.reading.dead(name, after, limit));
  }

  redrive(name: string, ids: readonly string[] | "all"): Promise<number> {
    return this.#step({ type: "redrive", name, ids }) as Promise<number>;
  }

  cancel(name: string, ids: readonly string[]): Promise<number> {
    return this.#step({ type: "cancel", name, ids }) as Promise<number>;
  }

  pause(name: string, paused: boolean): Promise<void> {
    return this.#step({ type: "pause", name, paused }) as Promise<void>;
  }

  forget(name: string, before: number): Promise<number> {
    return this.#step({ type: "forget", name, before }) as Promise<number>;
  }

  states(ids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    return this.#ask((tasks) => tasks.reading.states(ids));
  }

  watchStates(names: readonly string[], hint: () => void): () => void {
    return this.#watch((tasks) => tasks.reading.watchStates(names, hint));
  }

  #lasting({ lease }: Reclaim): number {
    return this.#bugs.has("settled-without-fence") ? lease / hurry : lease;
  }

  #step(step: Parameters<TaskReplica["take"]>[0]): Promise<unknown> {
    return this.#ask(async (tasks, keep) => {
      const { entry, result } = await tasks.take(step);
      keep(entry);
      return result;
    });
  }

  #watch(attach: Watch["attach"]): () => void {
    const watch: Watch = { attach, stop: () => undefined };
    this.#watches.add(watch);
    if (this.#replica) watch.stop = attach(this.#replica);
    return () => {
      this.#watches.delete(watch);
      watch.stop();
    };
  }
}

/** Whether others come after what it ends. */
export function isEnd({ id, outcome }: Settlement, tasks: TaskReplica): boolean {
  return outcome.type === "done" && tasks.isAwaited(id);
}

/** It is no worker's any more, and not over yet. */
export function heldBack({ id, token }: Settlement): Settlement {
  return { id, token, outcome: { type: "extend", lease: never } };
}
