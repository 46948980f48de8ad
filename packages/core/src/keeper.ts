import type { Backing, DurableEvents, DurableOptions, Worker } from "./backing.js";
import type { Begun } from "./begun.js";
import type { Chain } from "./cause.js";
import type { TaskDefinition } from "./definition.js";
import type { Group } from "./group.js";
import type { Listener } from "./listeners.js";
import type { Offset, Receipt } from "./message.js";
import type { Topic } from "./topic.js";
import type { EnqueueOptions, TaskQueue, TaskReceipt, WorkOptions } from "./work.js";

/** What keeps durable events and tasks, as a bus asks for it. */
export interface Keeper {
  /** @param said what leads to it. Default: what is under way. */
  emit(topic: Topic, data: unknown, said: Chain | undefined): Promise<Receipt>;
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
  tasks(name: string): TaskQueue;
  group(name: string): Group;
  /** Asks something of what is behind it, where there is such a thing. */
  use?<Result>(ask: (backing: Backing) => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
  close(drain: number): Promise<void>;
}
