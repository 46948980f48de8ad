import type { Linked, Order } from "@eventwire/queue";
import type { NewTask, TaskState } from "../../broker.js";
import type { KeyLane } from "./key-lane.js";

/** A task, as long as anything is known of it. It is one object: only one that is cancelled leaves an order from its middle. */
export class HeldTask implements Linked<HeldTask> {
  /** Its place among all tasks, in the order in which they came. */
  readonly id: number;
  /** Without its body once it is over. */
  task: NewTask;
  /** Those that wait, due or not, are told apart by the order that they are in. */
  state: Exclude<TaskState["state"], "delayed"> = "waiting";
  attempt = 0;
  /** Of its last claim. */
  token = 0;
  owner = "";
  progress: Uint8Array | undefined = undefined;
  result: Uint8Array | undefined = undefined;
  reason: string | undefined = undefined;
  diedAt = 0;
  /** When it is due, on the monotonic clock. */
  dueAt = 0;
  lane: KeyLane | undefined = undefined;
  /** Where it waits. */
  order: Order<HeldTask> | undefined = undefined;
  next: HeldTask | undefined = undefined;
  /** Those that have to be done before it and are not. */
  waitsFor: Set<HeldTask> | undefined = undefined;
  /** Those that wait for it, or have died with it. */
  dependents: Set<HeldTask> | undefined = undefined;

  constructor(id: number, task: NewTask) {
    this.id = id;
    this.task = task;
  }

  get waiting(): boolean {
    return this.state !== "cancelled";
  }

  get priority(): number {
    return this.task.priority ?? 0;
  }

  /** Whether it is not over: it takes up room. */
  get pending(): boolean {
    return this.state === "waiting" || this.state === "blocked" || this.state === "claimed";
  }

  waitFor(other: HeldTask): void {
    this.waitsFor ??= new Set();
    this.waitsFor.add(other);
    other.dependents ??= new Set();
    other.dependents.add(this);
  }

  /** It is known no longer, or done: nobody waits for it, and it for nobody. */
  unlink(): void {
    for (const before of this.waitsFor ?? []) before.dependents?.delete(this);
    for (const dependent of this.dependents ?? []) {
      dependent.waitsFor?.delete(this);
      if (dependent.waitsFor?.size === 0) dependent.waitsFor = undefined;
    }
    this.waitsFor = undefined;
    this.dependents = undefined;
  }
}

/** By priority, then in the order in which they came. */
export function outranks(one: HeldTask, other: HeldTask): boolean {
  return one.priority === other.priority ? one.id < other.id : one.priority > other.priority;
}

export function urgency({ priority }: HeldTask): number {
  return 0 - priority;
}
