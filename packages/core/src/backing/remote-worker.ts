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
type Claims = Extract<WorkItem, { readonly type: "held" }>["claims"];

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
      run.end();
      run.controller.abort(new ClosedError(`"${this.#name}" was not done`, this.#name));
    }
    this.#runs.clear();
    this.#tasks.progress.made();
  }

  /** @param begun called when it is in force first. @param fail called where it cannot be. */
  async #work(begun: () => void, fail: (error: unknown) => void): Promise<void> {
    const { concurrency = 1, lease } = this.#options;
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
        // Its timeout it sees to itself, for the server does not know when it began.
        const asked = { ...this.#as, name, concurrency: finite(concurrency), lease, renewals: true };
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
    if (item.type === "renewed") {
      for (const run of this.#runs.values()) run.renew(item.lease);
      return;
    }
    for (const run of [...this.#runs.values()]) this.#find(run, item.claims);
    this.#linked = true;
    for (const wake of this.#wake.splice(0)) wake();
    if (this.#stopped) this.#tasks.ask("rest", this.#name, this.#as).catch(() => undefined);
  }

  /** Goes on with a task by the token that this server has it by, if it has. */
  #find(run: RemoteRun, claims: Claims): void {
    const claim = claims.find(([id, token, attempt]) =>
      attempt === undefined ? token === run.token && id === run.id : id === run.id && attempt === run.attempt,
    );
    if (claim) {
      this.#runs.delete(placeOf(run.id, run.token));
      run.token = claim[1];
      this.#runs.set(placeOf(run.id, run.token), run);
    } else if (run.sent === undefined) this.#lose(run, new LeaseLostError(this.#name, run.id), true);
  }

  #whyLost(id: string, code: string): EventwireError {
    if (code === "Cancelled") return new CancelledError(this.#name, id);
    if (code === "AttemptTimeout") return new AttemptTimeoutError(this.#name, id, this.#options.timeout ?? 0);
    return new LeaseLostError(this.#name, id);
  }

  #give(item: WorkItem & { readonly type: "task" }): void {
    const place = placeOf(item.id, item.token);
    const known = this.#runs.get(place);
    if (known) {
      // Given again, over another link, while it is under way or what became of it is on its way.
      known.renew(item.lease);
      return;
    }
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
    else {
      this.#limit(run);
      void this.#do(run);
    }
  }

  /** Its time counts from here, over however many links and servers. */
  #limit(run: RemoteRun): void {
    const { timeout = Number.POSITIVE_INFINITY } = this.#options;
    if (timeout === Number.POSITIVE_INFINITY) return;
    run.cancelTimeout = this.core.runtime.timer(() => {
      const error = new AttemptTimeoutError(this.#name, run.id, timeout);
      this.#fail(run, error);
      run.controller.abort(error);
    }, timeout);
  }

  async #do(run: RemoteRun): Promise<void> {
    const { core } = this;
    const { id, name, key, attempt } = run;
    core.inspect?.({ type: "task.started", id, name, key, attempt });
    try {
      const { ambient } = core.dispatcher;
      const value = await aroundAsync(core.layersOf("work", name), run, () =>
        ambient.causingBy(this.#worker, run.chain, () => this.#worker(run.data, run)),
      );
      if (run.ended) return;
      const { result: schema } = this.#definition;
      const result = schema && validate(schema, name, value);
      run.end();
      const settled = await this.#settle(run, { type: "done", result, events: run.events, tasks: run.tasks });
      if (settled)
        core.inspect?.({ type: "task.done", id, name, key, attempt, milliseconds: this.#timeOf(run) });
    } catch (error) {
      this.#fail(run, error);
    }
  }

  #fail(run: RemoteRun, error: unknown): void {
    if (run.ended) return;
    run.end();
    void this.#settle(run, { type: "failed", reason: reasonOf(error) });
    const { id, name, key, attempt } = run;
    const milliseconds = this.#timeOf(run);
    this.core.inspect?.({ type: "task.retried", id, name, key, attempt, error, delay: 0, milliseconds });
  }

  #timeOf({ start }: RemoteRun): number {
    return this.core.runtime.monotonic() - start;
  }

  /** Says what became of a task until that is answered. @returns whether it counted as it was said. */
  async #settle(run: RemoteRun, said: SaidOutcome): Promise<boolean> {
    const { id, name } = run;
    let outcome = said;
    for (let tries = 0; !run.over; ) {
      await this.#link();
      if (run.over) break;
      const isFirst = run.sent === undefined;
      run.sent = true;
      const { token } = run;
      try {
        const settled = await this.#tasks.ask("settle", name, { ...this.#as, id, token, outcome });
        // Over a link that came meanwhile, the server does not know yet what this worker has.
        if (!settled.held && !this.#linked) continue;
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
        // With the end of the bus all of which nothing was heard is given back.
        if (error instanceof ClosedError) break;
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

  release(run: RemoteRun, delay: number): void {
    if (run.ended) return;
    run.end();
    void this.#settle(run, { type: "released", delay });
    const { id, name, key, attempt } = run;
    const milliseconds = this.#timeOf(run);
    this.core.inspect?.({ type: "task.released", id, name, key, attempt, delay, milliseconds });
    run.controller.abort();
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
    const { id, name } = run;
    const wait = run.saidAt + progressInterval - this.core.runtime.monotonic();
    if (wait > 0) await new Promise<void>((resolve) => void this.core.runtime.timer(resolve, wait));
    await this.#link();
    const { newest, token } = run;
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
      const { id, name, key, attempt } = run;
      const milliseconds = this.#timeOf(run);
      this.core.inspect?.({ type: "task.cancelled", id, name, key, attempt, milliseconds });
    }
  }

  #forget(run: RemoteRun): void {
    run.over = true;
    run.end();
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
