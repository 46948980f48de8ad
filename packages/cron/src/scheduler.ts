import { type Broker, ClosedError, type Contract, InvalidError, MisuseError } from "@eventwire/core";
import type { Backing, BusCore } from "@eventwire/core/attach";
import type { Missed, Times } from "./times.js";
import { CursorLost, WayIn } from "./way-in.js";

type Store = Backing["source"]["store"];

export interface SchedulerOptions {
  readonly core: BusCore;
  readonly contract: Contract;
  readonly name: string;
  readonly id: string;
  readonly times: Times;
  readonly missed: Missed;
  /** Gives the data of a task, of the time that it is for. */
  readonly dataOf: (time: number) => unknown;
}

/** For how long the cursor is held while tasks are enqueued, in milliseconds. */
const lease = 30_000;
/** How long to wait for another process that holds it, and after a failure, in milliseconds. */
const retryAfter = 1_000;
/** How often to look at the clock at least, in milliseconds: it may be set. */
const lookEvery = 30_000;

/**
 * A schedule. How far it is, the time of the last run, is the state of a cursor, which whoever enqueues the next run holds; it is held only
 * meanwhile, so that nobody waits for a process that is lost for longer than the lease.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #cursor: string;
  readonly #owner: string;
  #store: Store | undefined;
  #wayIn: WayIn | undefined;
  #cancel: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#cursor = `cron/${options.id}`;
    this.#owner = options.core.newId();
  }

  /** Resolves when it is known from when on. */
  async start(store: Store): Promise<void> {
    if (this.#ended) return;
    const { core, contract } = this.#options;
    this.#store = store;
    this.#wayIn = new WayIn(contract, core, store.broker);
    while (!this.#ended && (await this.#last()) === undefined) {
      const begun = await this.#hold(async (token, last) => {
        if (last === undefined) await this.#save(token, stateOf(core.runtime.now()));
      });
      if (!begun) await new Promise<void>((resolve) => core.runtime.timer(resolve, retryAfter));
    }
    this.#lookLater(0);
  }

  async end(drain: number): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancel?.();
    await this.#looking;
    await this.#wayIn?.close(drain);
  }

  #lookLater(wait: number): void {
    if (this.#ended) return;
    this.#cancel = this.#options.core.runtime.timer(() => {
      this.#looking = this.#look().then(
        (next) => this.#lookLater(next),
        (error: unknown) => {
          if (!(error instanceof ClosedError)) this.#options.core.report(error);
          this.#lookLater(retryAfter);
        },
      );
    }, wait);
  }

  /** @returns when to look again, in milliseconds from now. */
  async #look(): Promise<number> {
    const { times, core } = this.#options;
    const last = (await this.#last()) ?? core.runtime.now();
    if (!this.#due(last).next().done) {
      const held = await this.#hold((token, since) => this.#run(token, since ?? last));
      if (!held) return retryAfter;
      return 0;
    }
    const now = core.runtime.now();
    const next = times.after(Math.max(last, now));
    return next === undefined ? lookEvery : Math.min(lookEvery, Math.max(0, next - now));
  }

  async #run(token: number, since: number): Promise<void> {
    for (const time of this.#due(since)) {
      if (this.#ended) return;
      if (!(await this.#enqueue(token, time))) return;
    }
  }

  /** @returns whether to go on. */
  async #enqueue(token: number, time: number): Promise<boolean> {
    const { core, name, id, dataOf } = this.#options;
    const move = { cursor: this.#cursor, token, state: stateOf(time), lease };
    const run = `cron/${id}/${time}`;
    try {
      await this.#wayIn!.enqueue(name, dataOf(time), run, { ...move, id: run });
      return true;
    } catch (error) {
      if (error instanceof CursorLost) return false;
      if (!isHopeless(error)) throw error;
      // It would fail again and again, and hold up those behind it.
      core.report(error);
      return this.#save(token, move.state);
    }
  }

  #due(since: number): Generator<number, void, undefined> {
    const { times, core, missed } = this.#options;
    return times.due(since, core.runtime.now(), missed);
  }

  /** Has the cursor while it works. @returns false where another one has it. */
  async #hold(work: (token: number, last: number | undefined) => Promise<void>): Promise<boolean> {
    const held = await this.#ask((log) => log.acquire(this.#cursor, this.#owner, lease));
    if (!held) return false;
    try {
      await work(held.token, lastOf(held.state));
    } finally {
      await this.#save(held.token, undefined, 0).catch(() => undefined);
    }
    return true;
  }

  async #last(): Promise<number | undefined> {
    return lastOf(await this.#ask((log) => log.peek(this.#cursor)));
  }

  #save(token: number, state: Uint8Array | undefined, until = lease): Promise<boolean> {
    return this.#ask((log) => log.save(this.#cursor, token, state, until));
  }

  #ask<Result>(ask: (log: Broker["log"]) => Promise<Result>): Promise<Result> {
    const store = this.#store!;
    return store.persist(`keep the schedule "${this.#options.id}"`, () => ask(store.log));
  }
}

/** Whether it is the data that stands against it. */
function isHopeless(error: unknown): boolean {
  return error instanceof InvalidError || error instanceof MisuseError || !isOfEventwire(error);
}

function isOfEventwire(error: unknown): boolean {
  return typeof (error as { readonly code?: unknown } | undefined)?.code === "string";
}

function stateOf(last: number): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ last }));
}

function lastOf(state: Uint8Array | undefined): number | undefined {
  return state && (JSON.parse(new TextDecoder().decode(state)) as { readonly last: number }).last;
}
