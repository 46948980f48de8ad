import { AttemptTimeoutError, ClosedError, type EventwireError, OverflowError } from "@eventwire/queue";
import type { Worker } from "../backing.js";
import type { Begun } from "../begun.js";
import type { BusCore } from "../bus-core.js";
import type { TaskDefinition } from "../definition.js";
import { CancelledError } from "../errors/cancelled-error.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import { isKey } from "../key.js";
import { aroundAsync } from "../layers.js";
import type { Taker } from "../taker.js";
import { validate } from "../validate.js";
import type { WorkOptions } from "../work.js";
import { isPassing } from "./passing.js";
import { reasonOf } from "./reason.js";
import { RemoteRun, type RemoteRunHost } from "./remote-run.js";
import type { RemoteTasks } from "./remote-tasks.js";
import type { SaidOutcome, Settled, WorkItem } from "./task-wire.js";

/** How many tasks may be on their way at once: those that come are begun, and how many are under way is the server's to bound. */
const most = 256;
/** How long after one progress the next is sent, in milliseconds. */
const progressInterval = 100;
/** How often what was done is said again where the server refuses it as too much. After that it is taken for too large. */
const busyTries = 5;

/** Does what the server's worker that stands for it claims, link after link: its leases are the server's. */
export class RemoteTaskWorker implements Begun, RemoteRunHost {
  readonly ready: Promise<void>;
  readonly core: BusCore;
  readonly #tasks: RemoteTasks;
  readonly #name: string;
  readonly #definition: TaskDefinition;
  readonly #worker: Worker;
  readonly #options: WorkOptions;
  readonly #as: { readonly session: string; readonly worker: number };
  readonly #runs = new Map<string, RemoteRun>();
  readonly #controller = new AbortController();
  /** Whether the server knows, over this link, what this worker has. */
  #linked = false;
  #wake: (() => void)[] = [];
  #stopped = false;
  #over = false;

  constructor(
    tasks: RemoteTasks,
    worker: number,
    name: string,
    definition: TaskDefinition,
    call: Worker,
    options: WorkOptions,
  ) {
    this.core = tasks.core;
    this.#tasks = tasks;
    this.#name = name;
    this.#definition = definition;
    this.#worker = call;
    this.#options = options;
    this.#as = { session: tasks.session, worker };
    this.ready = new Promise((resolve, reject) => void this.#work(resolve, reject));
  }

  /** Whether it will do nothing more. */
  get over(): boolean {
    return this.#over;
  }

  /** Begins nothing more; what is under way is done. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#endIfIdle();
    // One that was given meanwhile is given back when it comes.
    if (!this.#over && this.#linked) this.#tasks.ask("rest", this.#name, this.#as).catch(() => undefined);
  }

  /** What is under way has no effect any more: the server gives it to others. */
  end(): void {
    this.stop();
    this.#end();
    for (const run of this.#runs.values()) {
      run.over = true;
      run.controller.abort(new ClosedError(`"${this.#name}" was not done`, this.#name));
    }
    this.#runs.clear();
    this.#tasks.progress.made();
  }

  /** @param begun called when it is in force first. @param fail called where it cannot be. */
  async #work(begun: () => void, fail: (error: unknown) => void): Promise<void> {
    const { concurrency = 1, timeout } = this.#options;
    const name = this.#name;
    let hasBegun = false;
    for (let tries = 0; !this.#over; tries++) {
      const taker: Taker = {
        begun: () => undefined,
        window: most,
        wanted: () => undefined,
        give: (item) => {
          hasBegun = true;
          tries = 0;
          begun();
          this.#take(item as WorkItem);
        },
      };
      let failure: unknown;
      try {
        const asked = { ...this.#as, name, concurrency: finite(concurrency), timeout: finite(timeout) };
        await this.#tasks.stream("work", name, asked, { signal: this.#controller.signal, taker });
      } catch (error) {
        failure = error;
      }
      this.#linked = false;
      if (this.#over) break;
      if (
        failure instanceof ClosedError ||
        this.#tasks.over ||
        (!hasBegun && failure && !isPassing(failure))
      ) {
        fail(this.#tasks.explain(failure, name));
        this.end();
        break;
      }
      if (failure && !isPassing(failure)) this.#refused(failure);
      await this.#tasks.again({ code: "Unavailable" }, failure ? tries : 0);
    }
    begun();
  }

  /** What was given may not be done here any more, and is given to others. With other credentials it may be. */
  #refused(failure: unknown): void {
    this.core.report(failure);
    for (const run of this.#runs.values()) this.#lose(run, new LeaseLostError(this.#name, run.id), false);
  }

  #take(item: WorkItem): void {
    if (item.type === "task") {
      this.#give(item);
      return;
    }
    if (item.type === "lost") {
      const { id, token, code } = item;
      const run = this.#runs.get(placeOf(id, token));
      if (run) this.#lose(run, this.#whyLost(id, code), code !== "Cancelled");
      return;
    }
    const held = new Set(item.claims.map(([id, token]) => placeOf(id, token)));
    for (const [place, run] of this.#runs) {
      if (!held.has(place) && run.sent === undefined) {
        this.#lose(run, new LeaseLostError(this.#name, run.id), true);
      }
    }
    this.#linked = true;
    for (const wake of this.#wake.splice(0)) wake();
    if (this.#stopped) this.#tasks.ask("rest", this.#name, this.#as).catch(() => undefined);
  }

  #whyLost(id: string, code: string): EventwireError {
    if (code === "Cancelled") return new CancelledError(this.#name, id);
    if (code === "AttemptTimeout") return new AttemptTimeoutError(this.#name, id, this.#options.timeout ?? 0);
    return new LeaseLostError(this.#name, id);
  }

  #give(item: WorkItem & { readonly type: "task" }): void {
    const place = placeOf(item.id, item.token);
    // Given again, over another link, while it is under way or what became of it is on its way.
    if (this.#runs.has(place)) return;
    const name = this.#name;
    let run: RemoteRun;
    let flaw: unknown;
    try {
      const data = validate(this.#definition.schema, name, item.data);
      run = new RemoteRun(this, name, item, data, isKey(item.key) ? item.key : undefined);
    } catch (error) {
      flaw = error;
      run = new RemoteRun(this, name, item, undefined, undefined);
    }
    this.#runs.set(place, run);
    if (this.#stopped) void this.#settle(run, { type: "released" });
    else if (flaw) void this.#settle(run, { type: "failed", reason: reasonOf(flaw) });
    else void this.#do(run);
  }

  async #do(run: RemoteRun): Promise<void> {
    const { core } = this;
    const { id, name, key, attempt } = run;
    core.inspect?.({ type: "task.started", id, name, key, attempt });
    const milliseconds = () => core.runtime.monotonic() - run.start;
    try {
      const { ambient } = core.dispatcher;
      const value = await aroundAsync(core.layersOf("work", name), run, () =>
        ambient.causingBy(this.#worker, run.chain, () => this.#worker(run.data, run)),
      );
      if (run.over) return;
      const { result: schema } = this.#definition;
      const result = schema && validate(schema, name, value);
      const settled = await this.#settle(run, { type: "done", result, events: run.events, tasks: run.tasks });
      if (settled)
        core.inspect?.({ type: "task.done", id, name, key, attempt, milliseconds: milliseconds() });
    } catch (error) {
      if (run.over) return;
      await this.#settle(run, { type: "failed", reason: reasonOf(error) });
      core.inspect?.({
        ...{ type: "task.retried", id, name, key, attempt, error, delay: 0 },
        milliseconds: milliseconds(),
      });
    }
  }

  /** Says what became of a task until that is answered. @returns whether it counted as it was said. */
  async #settle(run: RemoteRun, said: SaidOutcome): Promise<boolean> {
    const { id, name, token } = run;
    let outcome = said;
    for (let tries = 0; !run.over; ) {
      await this.#link();
      if (run.over) break;
      const isFirst = run.sent === undefined;
      run.sent = true;
      try {
        const settled = await this.#tasks.ask("settle", name, { ...this.#as, id, token, outcome });
        this.#forget(run);
        return this.#answered(run, settled, outcome, isFirst);
      } catch (error) {
        if (run.over) break;
        // Too much by itself or too much at once: that it failed is never the former.
        const isTooOften = error instanceof OverflowError && (outcome.type !== "done" || tries < busyTries);
        if (isPassing(error) || isTooOften) {
          await this.#tasks.again({ code: "Unavailable" }, tries++);
          continue;
        }
        if (outcome.type !== "done") {
          this.core.report(error);
          this.#forget(run);
          return false;
        }
        // What cannot be said of it, such as a result that is too large, is why it has failed.
        run.sent = isFirst ? undefined : true;
        outcome = { type: "failed", reason: reasonOf(error) };
      }
    }
    return false;
  }

  #answered(run: RemoteRun, { held, failed }: Settled, { type }: SaidOutcome, isFirst: boolean): boolean {
    if (failed !== undefined) this.core.report(new Error(`"${run.name}" ${run.id} was not done: ${failed}`));
    // One that was said before may have counted then.
    else if (!held && isFirst) this.core.report(new LeaseLostError(run.name, run.id));
    return held && failed === undefined && type === "done";
  }

  /** Sends one at a time: of what is said meanwhile the newest. */
  async progress(run: RemoteRun): Promise<void> {
    run.saying ??= this.#say(run).finally(() => {
      run.saying = undefined;
    });
    await run.saying;
    if (run.newest && !run.over) await this.progress(run);
  }

  async #say(run: RemoteRun): Promise<void> {
    const { id, name, token } = run;
    const wait = run.saidAt + progressInterval - this.core.runtime.monotonic();
    if (wait > 0) await new Promise<void>((resolve) => void this.core.runtime.timer(resolve, wait));
    await this.#link();
    const { newest } = run;
    if (run.over || !newest) return;
    run.newest = undefined;
    run.saidAt = this.core.runtime.monotonic();
    try {
      await this.#tasks.ask("progress", name, { ...this.#as, id, token, data: newest.data });
    } catch (error) {
      if (!isPassing(error)) throw error;
      run.newest ??= newest;
    }
  }

  /** Resolves when the server knows what this worker has, or nothing can be said any more. */
  async #link(): Promise<void> {
    while (!this.#linked && !this.#over) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #lose(run: RemoteRun, error: EventwireError, tell: boolean): void {
    if (run.over) return;
    this.#forget(run);
    run.controller.abort(error);
    if (tell) this.core.report(error);
    else if (error instanceof CancelledError) {
      const { id, name, key, attempt, start } = run;
      const milliseconds = this.core.runtime.monotonic() - start;
      this.core.inspect?.({ type: "task.cancelled", id, name, key, attempt, milliseconds });
    }
  }

  #forget(run: RemoteRun): void {
    run.over = true;
    this.#runs.delete(placeOf(run.id, run.token));
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#stopped && this.#runs.size === 0) this.#end();
    this.#tasks.progress.made();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort();
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function placeOf(id: string, token: number): string {
  return `${token} ${id}`;
}

/** What is without end is not said. */
function finite(value: number | undefined): number | undefined {
  return value === Number.POSITIVE_INFINITY ? undefined : value;
}
