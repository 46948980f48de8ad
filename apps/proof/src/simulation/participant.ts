import type {
  Context,
  EnqueueOptions,
  Gap,
  GroupOptions,
  Receipt,
  Since,
  Subscription,
  TaskReceipt,
  WorkOptions,
} from "@eventwire/core";
import type { Bug } from "./bugs.js";
import type { Item, Name, TaskName } from "./contract.js";
import type { SimulatedProcess } from "./process.js";
import type { Wish } from "./wish.js";
import type { World } from "./world.js";

export interface Listening extends GroupOptions {
  readonly since: Since;
  readonly concurrency?: number;
  readonly onGap: (gap: Gap) => void;
}

/** What a worker knows of an attempt that it makes. */
export interface Attempting {
  readonly attempt: number;
  /** What is there once the task is done, and only then. */
  readonly onDone: {
    emit(name: "invoice.ready", item: Item): void;
    enqueue(name: TaskName, item: Item): string;
  };
}

/** What programs of both sides are for what they do: a process with a bus. */
export interface Participant {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly bugs: ReadonlySet<Bug>;
  listen(wish: Wish, hear: (item: Item, context: Context) => unknown, options: Listening): Subscription;
  emit(name: Name, item: Item): Promise<Receipt>;
  enqueue(name: TaskName, item: Item, options: EnqueueOptions): Promise<TaskReceipt>;
  work(
    name: TaskName,
    worker: (item: Item, task: Attempting) => Promise<string>,
    options: WorkOptions,
  ): Subscription;
  /** Resolves with what a task gives, once it is done. */
  result(name: TaskName, id: string): Promise<string>;
  /** Whether an error says that what was emitted, or enqueued, is not in the log. */
  refuses(code: string): boolean;
  /** Tells of events that cannot be read. */
  onPassed(told: (alias: string) => void): void;
  /** When what a handler takes now was last looked at by who gave it, on the clock of the world. */
  looked(): number | undefined;
  sleep(milliseconds: number): Promise<void>;
}
