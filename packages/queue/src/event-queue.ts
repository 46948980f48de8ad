import { checkAtLeast, checkCount } from "./amount.js";
import { backoff } from "./backoff.js";
import { type DeadLetter, DeadLetters } from "./dead-letters.js";
import { Dispatch } from "./dispatch.js";
import { type Disposer, disposer } from "./disposer.js";
import { Drops } from "./drops.js";
import { Emptiness } from "./emptiness.js";
import type { Entry } from "./entry.js";
import { EntryIterator } from "./entry-iterator.js";
import { ClosedError } from "./errors/closed-error.js";
import { Intake } from "./intake.js";
import { Outlet } from "./outlet.js";
import type { OfferOptions, Queue, QueueOptions, Work, WorkOptions } from "./queue.js";
import { type Runtime, systemRuntime } from "./runtime.js";
import { Settling } from "./settling.js";
import { Slice } from "./slice.js";
import { type QueueStats, ratesOf } from "./stats.js";
import type { Store } from "./store.js";
import { Tally } from "./tally.js";
import { TokenBucket } from "./token-bucket.js";
import { WorkLoop } from "./work-loop.js";

interface Until {
  readonly signal?: AbortSignal | undefined;
}

/** The queue: its intake, store, dispatch and settling, joined. */
export class EventQueue<Data> implements Queue<Data> {
  readonly #name: string;
  readonly #runtime: Runtime;
  readonly #tally = new Tally();
  readonly #store: Store<Data>;
  readonly #intake: Intake<Data>;
  readonly #dispatch: Dispatch<Data>;
  readonly #settling: Settling<Data>;
  readonly #dead: DeadLetters<Data>;
  readonly #drops: Drops<Data>;
  readonly #outlet: Outlet<Data>;
  readonly #emptiness: Emptiness;
  /** What ends the consumers. */
  readonly #ends = new Set<() => void>();
  readonly #createdAt: number;
  #closed: Promise<void> | undefined;
  #over = false;

  constructor(options: QueueOptions<Data> = {}) {
    const { name = "queue", capacity = 100_000, overflow = "reject", runtime = systemRuntime } = options;
    const { attempts = 1, deadLetters = 1_000, rate, key, onDrop, onFailure } = options;
    checkCount(1, capacity, "capacity", name);
    checkCount(1, attempts, "attempts", name);
    checkCount(0, deadLetters, "deadLetters", name);
    const wait =
      typeof options.backoff === "function"
        ? options.backoff
        : backoff(options.backoff ?? {}, () => runtime.random());
    const tally = this.#tally;
    const dead = new DeadLetters<Data>(deadLetters);
    const drops = new Drops(name, onDrop, runtime, tally);
    const onSettled = () => {
      this.#dispatch.wake();
      if (tally.inFlight === 0 && store.size === 0) this.#emptiness.check();
    };
    const conflates = overflow === "conflate";
    const policies = { name, runtime, tally, drops };
    const settling = new Settling({
      ...policies,
      attempts,
      backoff: wait,
      onFailure,
      conflates,
      dead,
      onSettled,
    });
    const { store } = settling;
    const onCame = () => this.#dispatch.wake();
    const intake = new Intake({ ...policies, capacity, overflow, key, store, onCame });
    this.#emptiness = new Emptiness(name, () => tally.inFlight === 0 && store.size === 0);
    this.#createdAt = runtime.monotonic();
    const bucket = rate && new TokenBucket(rate, this.#createdAt, name);
    this.#intake = intake;
    this.#outlet = new Outlet({ runtime, store, intake, tally, bucket });
    this.#dispatch = new Dispatch(runtime, this.#outlet);
    this.#name = name;
    this.#runtime = runtime;
    this.#dead = dead;
    this.#drops = drops;
    this.#settling = settling;
    this.#store = store;
  }

  get size(): number {
    return this.#store.size;
  }

  get paused(): boolean {
    return this.#outlet.paused;
  }

  get closed(): boolean {
    return this.#intake.closed;
  }

  offer(data: Data, options?: OfferOptions): boolean | Promise<boolean> {
    return this.#intake.offer(data, options);
  }

  take(): Entry<Data> | undefined {
    const entry = this.#outlet.take();
    if (entry === undefined) this.#dispatch.starve();
    return entry;
  }

  watch(hint: () => void, { signal }: Until = {}): Disposer {
    if (this.#over || signal?.aborted) return disposer(() => undefined);
    return this.#consumer(this.#dispatch.watch(hint), signal);
  }

  work(work: Work<Data>, options: WorkOptions = {}): Disposer {
    const dispatch = this.#dispatch;
    const loop = new WorkLoop({ ...options, name: this.#name, runtime: this.#runtime, dispatch, work });
    if (this.#over || options.signal?.aborted) return disposer(() => undefined);
    dispatch.join(loop);
    dispatch.schedule();
    return this.#consumer(() => loop.stop(), options.signal);
  }

  entries({ signal }: Until = {}): AsyncIterableIterator<Entry<Data>, undefined> {
    const iterator = new EntryIterator<Data>(this.#name, this.#dispatch, () => stop?.());
    const ended = this.#over || signal?.aborted;
    const stop = ended ? undefined : this.#consumer(() => iterator.end(), signal);
    if (ended) iterator.end();
    return iterator;
  }

  pause(): void {
    this.#outlet.paused = true;
  }

  resume(): void {
    this.#outlet.paused = false;
    this.#dispatch.wake();
  }

  drain({ signal }: Until = {}): Promise<void> {
    return this.#emptiness.wait(signal);
  }

  close({ drain = 5_000 }: { readonly drain?: number | undefined } = {}): Promise<void> {
    checkAtLeast(0, drain, "drain", this.#name);
    this.#closed ??= this.#close(drain);
    return this.#closed;
  }

  dead(): readonly DeadLetter<Data>[] {
    return this.#dead.list();
  }

  redrive(ids: Iterable<number> | "all"): number {
    if (this.closed) throw new ClosedError(`Nothing of "${this.#name}" was redriven`, this.#name, "queue");
    const entries = this.#dead.remove(ids);
    for (const entry of entries) {
      if (!this.#store.redrive(entry)) this.#drops.tell(entry, "replaced");
    }
    this.#dispatch.wake();
    return entries.length;
  }

  stats(since?: QueueStats): QueueStats {
    const { inFlight, offered, done, failed, retried, dropped } = this.#tally;
    const at = this.#runtime.monotonic();
    const oldest = this.#store.oldest();
    return {
      at,
      depth: this.#store.size,
      delayed: this.#store.delayed,
      inFlight,
      dead: this.#dead.size,
      producers: this.#intake.waiting,
      oldestAge: oldest === undefined ? 0 : Math.max(0, this.#runtime.now() - oldest.offeredAt),
      ...{ offered, done, failed, retried, dropped },
      rates: ratesOf(
        { at, offered, done, failed },
        since ?? { at: this.#createdAt, offered: 0, done: 0, failed: 0 },
      ),
    };
  }

  /** Ends a consumer when it is told so, when `signal` aborts, or with the queue. */
  #consumer(end: () => void, signal: AbortSignal | undefined): Disposer {
    const stop = disposer(() => {
      this.#ends.delete(stop);
      end();
    }, signal);
    this.#ends.add(stop);
    return stop;
  }

  async #close(drain: number): Promise<void> {
    this.#intake.close();
    // Never within the caller's own call: it may be one that the queue makes, to tell of a drop.
    await (drain > 0 && this.#emptiness.waitAtMost(this.#runtime, drain));
    this.#over = true;
    this.#store.close();
    this.#settling.end(new ClosedError(`"${this.#name}" ended before the entry did`, this.#name, "queue"));
    for (const end of this.#ends) end();
    await this.#dropAll();
    this.#emptiness.check();
  }

  #dropAll(): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        while (slice.goesOn()) {
          const entry = this.#store.dropOldest();
          if (entry === undefined) {
            resolve();
            return;
          }
          this.#drops.tell(entry, "closed");
        }
      };
      const slice = new Slice(this.#runtime, goOn);
      goOn();
    });
  }
}
