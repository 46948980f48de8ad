import type { ClaimedTask } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import type { Chain } from "../cause.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import { checkRelease, type Released, type ReleaseOptions, released, restTime } from "../released.js";
import { bodyOf } from "./admission.js";
import { Effects } from "./effects.js";
import type { Enqueues } from "./enqueues.js";
import type { Settlements } from "./settlements.js";
import type { Store } from "./store.js";

/** How long after one progress the next is written, in milliseconds. */
const progressInterval = 100;

export interface RunSource {
  readonly core: BusCore;
  readonly store: Store;
  readonly enqueues: Enqueues;
  readonly settlements: Settlements;
}

export interface RunHost {
  /** For how long a claim holds unless it is renewed, in milliseconds. */
  readonly lease: number;
  /** Told that the lease is not held. */
  refused(run: Run): Promise<void>;
  /** Hands a task back that its worker does not do: nobody is given it for so many milliseconds. */
  release(run: Run, delay: number): void;
}

/** A task under way here. */
export class Run {
  readonly task: ClaimedTask;
  readonly controller = new AbortController();
  readonly start: number;
  /** When the lease is over, on the monotonic clock. */
  until: number;
  over = false;
  /** What it is to leave, once there is something. */
  effects: Effects | undefined;
  cancelTimeout?: () => void;
  /** Told whether what became of it counted, or that nobody knows. */
  onSettled?: (held: boolean | undefined) => void;
  readonly #source: RunSource;
  readonly #host: RunHost;
  #newest: Uint8Array | undefined;
  #saving: Promise<void> | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;
  #endPause: (() => void) | undefined;

  constructor(source: RunSource, host: RunHost, task: ClaimedTask, until: number) {
    this.#source = source;
    this.task = task;
    this.until = until;
    this.#host = host;
    this.start = source.core.runtime.monotonic();
  }

  /** Nothing that is done has an effect any more. */
  end(): void {
    this.over = true;
    this.cancelTimeout?.();
    this.#endPause?.();
  }

  /** When the lease is over, in milliseconds since the Unix epoch. */
  get leasedUntil(): number {
    const { runtime } = this.#source.core;
    return runtime.now() + this.until - runtime.monotonic();
  }

  effectsBy(chain: Chain): Effects {
    const { core, enqueues } = this.#source;
    this.effects ??= new Effects(core, enqueues, chain);
    return this.effects;
  }

  release({ delay = restTime }: ReleaseOptions = {}): Released {
    checkRelease(this.task.name, delay);
    this.#host.release(this, delay);
    return released;
  }

  /** Resolves when it, or what is newer, is kept, or the task is over. */
  progress(value: unknown): Promise<void> {
    const saved = this.#keep(value);
    // Who does not wait for it need not handle it.
    saved.catch(() => undefined);
    return saved;
  }

  async #keep(value: unknown): Promise<void> {
    const { name } = this.task;
    const { tasks, maxBodyBytes } = this.#source.store.broker.features;
    if (!tasks.results) {
      const message = `The progress of "${name}" is not kept: the broker keeps none (tasks.results).`;
      throw new UnsupportedError(message, { name });
    }
    const bytes = bodyOf(name, { data: value, cause: [] }, maxBodyBytes);
    this.controller.signal.throwIfAborted();
    if (this.over) return;
    this.#newest = bytes;
    this.#saving ??= this.#save();
    await this.#saving;
  }

  async #save(): Promise<void> {
    const { runtime } = this.#source.core;
    // Once at least: what is said in a turn goes together.
    await this.#pause(this.#savedAt + progressInterval - runtime.monotonic());
    this.#saving = undefined;
    this.controller.signal.throwIfAborted();
    if (this.over) return;
    const { id, token } = this.task;
    const now = runtime.monotonic();
    this.#savedAt = now;
    const { lease } = this.#host;
    const outcome = { type: "extend", lease, progress: this.#newest } as const;
    const held = await this.#source.settlements.settle({ id, token, outcome });
    if (held) this.until = Math.max(this.until, now + lease);
    else if (!this.over) {
      await this.#host.refused(this);
      this.controller.signal.throwIfAborted();
    }
  }

  /** Ends with the task at the latest. */
  async #pause(milliseconds: number): Promise<void> {
    if (!(milliseconds > 0)) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#source.core.runtime.timer(resolve, milliseconds);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#endPause = undefined;
  }
}
