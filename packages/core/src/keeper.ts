import type { Backing, BatchWorking, DurableEvents, DurableOptions, Worker } from "./backing.js";
import type { Begun } from "./begun.js";
import type { Append, Appended } from "./broker.js";
import type { Chain } from "./cause.js";
import type { TaskDefinition } from "./definition.js";
import type { Group } from "./group.js";
import type { Listener } from "./listeners.js";
import type { EventMessage, Offset, Receipt } from "./message.js";
import type { Topic } from "./topic.js";
import type { BatchOptions, EnqueueOptions, TaskQueue, TaskReceipt, WorkOptions } from "./work.js";

/** What became of an append, and where it is in the log's history, as far as that is known. */
export type Logged = Appended & { readonly position?: Offset | undefined };

/** What keeps durable events and tasks, as a bus asks for it. */
export interface Keeper {
  /** @param said what leads to it. Default: what is under way. */
  emit(topic: Topic, data: unknown, said: Chain | undefined): Promise<Receipt>;
  /** The largest body of an event, in bytes, as far as is known. */
  readonly maxBodyBytes: number;
  /** Appends what was made for it elsewhere, in the order of the calls. Rejects with what the broker does. */
  append(append: Append): Promise<Logged>;
  /** Whether the log has an event by its id, looked for from its time on. */
  has(append: Append): Promise<boolean>;
  /** The event of a name at an offset; nothing where the log keeps it no longer, or has become another one. */
  find(name: string, offset: Offset): Promise<EventMessage | undefined>;
  /** @param pattern what was listened to, which stands for the topics. */
  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Listener): Begun;
  iterate(topic: Topic, options: DurableOptions): DurableEvents;
  position(): Promise<Offset>;
  /** @param said what leads to it. Default: what is under way. */
  enqueue(
    name: string,
    definition: TaskDefinition,
    data: unknown,
    options: EnqueueOptions,
    said: Chain | undefined,
  ): Promise<TaskReceipt>;
  /** @throws {MisuseError} when the options make no sense. */
  work(name: string, definition: TaskDefinition, worker: Worker, options: WorkOptions): Begun;
  /** @throws {MisuseError} as `work` does. */
  workBatch(
    name: string,
    definition: TaskDefinition,
    worker: BatchWorking["worker"],
    options: BatchOptions,
  ): Begun;
  tasks(name: string): TaskQueue;
  group(name: string): Group;
  /** Asks something of what is behind it, where there is such a thing. */
  use?<Result>(ask: (backing: Backing) => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
  close(drain: number): Promise<void>;
}
