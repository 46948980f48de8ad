import { MisuseError, type Runtime } from "@eventwire/core";

export interface DrainOptions {
  /** Over what time the peers are sent away, in milliseconds. Default 10,000. */
  readonly over?: number | undefined;
}

/** The code by which a client knows that another server waits for it, so that it need not wait itself. */
export const drainingCode = "Draining";

/** How long a peer whose turn has come may still wait for its answers, in milliseconds. */
const patience = 5_000;
/** How often such a peer is looked at, in milliseconds. */
const look = 50;

/** A peer that is to go. */
export interface Drained {
  /** Whether it waits for answers, or has not answered what it was given to do. */
  readonly busy: boolean;
  /** Gives it nothing more to do. */
  relieve(): void;
  disconnect(reason: string, options: { readonly code: string; readonly retryable: boolean }): void;
}

/** Sends peers away one by one, in random order and evenly over a time, each when its requests, and what it was given, are answered. */
export class Draining {
  /** Resolves when all are gone. */
  readonly done: Promise<void>;
  readonly #runtime: Runtime;
  readonly #peers: readonly Drained[];
  readonly #start: number;
  /** The time that each has for itself, in milliseconds. */
  readonly #step: number;
  readonly #leaving = new Map<Drained, number>();
  #next = 0;
  #due: number;
  #cancelTimer: (() => void) | undefined;
  #finish!: () => void;

  /** @throws {MisuseError} when `over` is no time. */
  constructor(runtime: Runtime, peers: readonly Drained[], { over = 10_000 }: DrainOptions) {
    if (!(over >= 0 && over < Infinity)) {
      throw new MisuseError(`over must be a number of at least 0 milliseconds; it is ${over}.`);
    }
    this.#runtime = runtime;
    this.#peers = shuffled(peers, runtime);
    this.#start = runtime.monotonic();
    this.#step = over / peers.length;
    this.#due = this.#dueOf(0);
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#go();
  }

  /** They are gone, or are sent away by somebody else. */
  end(): void {
    this.#cancelTimer?.();
    this.#finish();
  }

  #go(): void {
    const now = this.#runtime.monotonic();
    while (this.#next < this.#peers.length && this.#due <= now) {
      const peer = this.#peers[this.#next]!;
      peer.relieve();
      this.#leaving.set(peer, now + patience);
      this.#next += 1;
      this.#due = this.#dueOf(this.#next);
    }
    for (const [peer, until] of this.#leaving) {
      if (peer.busy && now < until) continue;
      this.#leaving.delete(peer);
      peer.disconnect("This server is about to end. Others are there.", {
        code: drainingCode,
        retryable: true,
      });
    }
    const more = this.#next < this.#peers.length;
    if (!more && this.#leaving.size === 0) {
      this.#finish();
      return;
    }
    const until = more ? this.#due - now : look;
    this.#cancelTimer = this.#runtime.timer(
      () => this.#go(),
      this.#leaving.size > 0 ? Math.min(look, until) : until,
    );
  }

  /** By chance within its own part, so that two servers that drain at once do not keep step. */
  #dueOf(index: number): number {
    return this.#start + (index + this.#runtime.random()) * this.#step;
  }
}

function shuffled<Item>(items: readonly Item[], runtime: Runtime): readonly Item[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(runtime.random() * (last + 1));
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}
