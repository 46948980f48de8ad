import type { ClaimedTask } from "../broker.js";
import { type Cause, Chain } from "../cause.js";
import type { Contract } from "../contract.js";
import type { Key } from "../key.js";
import type { Released, ReleaseOptions } from "../released.js";
import type { OnDone, TaskContext } from "../task-context.js";
import type { Body } from "./body.js";
import type { Effects } from "./effects.js";
import type { Run } from "./run.js";

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
  readonly #run: Run;

  constructor(run: Run, { data, cause }: Body) {
    const { id, name, key, time, attempt }: ClaimedTask = run.task;
    this.id = id;
    this.name = name;
    this.data = data;
    this.key = key;
    this.time = time;
    this.attempt = attempt;
    this.signal = run.controller.signal;
    this.cause = cause;
    this.#run = run;
  }

  /** What it leads to is caused by. */
  get chain(): Chain {
    return Chain.of(this);
  }

  get leasedUntil(): number {
    return this.#run.leasedUntil;
  }

  get onDone(): OnDone<Contract> {
    return this.#run.effectsBy(this.chain);
  }

  progress(value: unknown): Promise<void> {
    return this.#run.progress(value);
  }

  release(options?: ReleaseOptions): Released {
    return this.#run.release(options);
  }
}

/** A task as who has it done by somebody elsewhere gets it. */
export class RemoteTask extends TaskMessage {
  /** Of the claim. */
  readonly token: number;
  /** Whether what became of it counted; `undefined` where nobody knows. */
  readonly settled: Promise<boolean | undefined>;
  readonly #run: Run;

  constructor(run: Run, body: Body) {
    super(run, body);
    this.#run = run;
    this.token = run.task.token;
    this.settled = new Promise((resolve) => {
      run.onSettled = resolve;
    });
  }

  /** What it is to leave. */
  get effects(): Effects {
    return this.#run.effectsBy(this.chain);
  }
}
