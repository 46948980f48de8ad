import type { ClaimedTask } from "../broker.js";
import type { TaskContext } from "../bus.js";
import { type Cause, Chain } from "../cause.js";
import type { Key } from "../key.js";
import type { Body } from "./body.js";

/** A task as its worker, and middleware around it, get it. */
export class TaskMessage implements TaskContext {
  readonly kind = "task";
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly key: Key | undefined;
  readonly time: number;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly cause: readonly Cause[];
  readonly offset = undefined;
  readonly peer = undefined;

  constructor({ id, name, key, time, attempt }: ClaimedTask, { data, cause }: Body, signal: AbortSignal) {
    this.id = id;
    this.name = name;
    this.data = data;
    this.key = key;
    this.time = time;
    this.attempt = attempt;
    this.signal = signal;
    this.cause = cause;
  }

  /** What it leads to is caused by. */
  get chain(): Chain {
    return Chain.of(this);
  }
}
