import {
  type Append,
  type Appended,
  type AppendedEvent,
  type Broker,
  type BrokerFeatures,
  ClosedError,
  type EnqueuedTask,
  type HeldCursor,
  type Log,
  type LogPage,
  type LogQuery,
  type Runtime,
  type Signals,
  UnsupportedError,
  type Write,
  type Written,
} from "@eventwire/core";
import type { LogBugs } from "./bugs.js";
import type { Entry } from "./entries.js";
import type { Host } from "./host.js";
import { Journal } from "./journal.js";
import { LogState, type Moment } from "./log-state.js";
import { type AskTasks, heldBack, isEnd, ReferenceTasks } from "./reference-tasks.js";
import { TaskReplica } from "./task-replica.js";

export interface ReferenceOptions {
  readonly host: Host;
  readonly runtime: Runtime;
  /** The journal's file. Default `"journal"`. */
  readonly file?: string;
  /** By how many bytes more than twofold the journal grows before it is written anew. Default 1,048,576. */
  readonly rewriteAfter?: number;
  readonly bugs?: LogBugs;
}

type Keep = (entry: Entry) => void;

/** What is asked of the state, and what of it is to be kept. */
type Question<Answer> = (state: LogState, keep: Keep, tasks: TaskReplica) => Answer | Promise<Answer>;

interface Waiting {
  /** @returns what tells the answer, once what is to be kept is committed. */
  readonly ask: (state: LogState, keep: Keep, tasks: TaskReplica) => (() => void) | Promise<() => void>;
  /** Whether it is told before that: a planted bug. */
  readonly early: boolean;
  readonly reject: (error: unknown) => void;
  /** When it was asked, by the uptime of the machine. */
  readonly asked: number;
}

const dedupeWindow = 60_000;
/** For how long a question may wait, in milliseconds: an id stays known for as much longer, so that none is asked of after its time. */
const longestWait = dedupeWindow;
const producerWindow = 2_592_000_000;
const producersPerOwner = 1_000;

/**
 * A log and tasks in one file, for the processes of one machine: as plain as the port allows, to be held against others and put under
 * whatever a machine can do. Each round takes what has been asked meanwhile: under the lock of the file it reads what others have
 * committed, answers, and commits what is to be kept as one frame.
 */
export class ReferenceBroker implements Broker {
  readonly features: BrokerFeatures = {
    durability: "power",
    scope: "machine",
    signals: "none",
    dedupeWindow,
    producerWindow,
    producersPerOwner,
    maxBodyBytes: 16 * 2 ** 20,
    keyRead: "scan",
    trimByName: true,
    timeIndex: false,
    transactions: true,
    tasks: {
      supported: true,
      delay: true,
      priority: true,
      keyOrder: true,
      limits: true,
      after: true,
      results: true,
    },
  };
  readonly log: Log;
  readonly tasks: ReferenceTasks;
  readonly signals: Signals = noSignals;
  readonly #host: Host;
  readonly #runtime: Runtime;
  readonly #journal: Journal;
  readonly #bugs: LogBugs;
  readonly #rewriteAfter: number;
  readonly #watchers = new Set<(head: number) => void>();
  #state: LogState | undefined;
  #replica: TaskReplica | undefined;
  #waiting: Waiting[] = [];
  #round: Promise<void> | undefined;
  /** How many buses have it open. */
  #users = 0;
  #written = 0;
  #stopHearing: (() => void) | undefined;

  constructor({
    host,
    runtime,
    file = "journal",
    rewriteAfter = 2 ** 20,
    bugs = new Set(),
  }: ReferenceOptions) {
    this.#host = host;
    this.#runtime = runtime;
    this.#journal = new Journal(host, file, bugs);
    this.#bugs = bugs;
    this.#rewriteAfter = rewriteAfter;
    const askTasks: AskTasks = (question, early) =>
      this.#ask((_, keep, tasks) => question(tasks, keep), early);
    this.tasks = new ReferenceTasks(askTasks, bugs);
    this.log = {
      epoch: () => this.#ask((state) => state.epoch),
      append: (batch) => this.#append(batch),
      read: (query) => this.#read(query),
      head: () => this.#ask((state) => state.head),
      at: (time) => this.#ask((state) => state.at(time)),
      watch: (hint) => this.#watch(hint),
      trim: async (part) => void (await this.#letGo((state) => state.before(part), true)),
      compact: (part) => this.#letGo((state) => state.succeeded(part), false),
      erase: ({ key, name }) => this.#letGo((state) => state.withKey(key, name), false),
      acquire: (cursor, owner, lease) => this.#acquire(cursor, owner, lease),
      save: (cursor, token, state, lease) => this.#save(cursor, token, state, lease),
      peek: (cursor) => this.#ask((state) => state.peek(cursor)),
    };
  }

  async open(): Promise<void> {
    this.#users += 1;
    try {
      await this.#ask(() => undefined);
    } catch (error) {
      this.#leave();
      throw error;
    }
    this.#stopHearing ??= this.#host.onNotify(this.#journal.file, () => {
      if (this.#watchers.size > 0 || this.tasks.watched) this.#ask(() => undefined).catch(() => undefined);
    });
  }

  async write(write: Write): Promise<Written> {
    const { id, save = [], settle = [], append = [] } = write;
    if (this.#bugs.has("ended-in-two") && settle.length > 0) return this.#writeInTwo(write);
    if (this.#bugs.has("written-in-two") && append.length > 0) {
      const saved = await this.#write({ id: `${id}/saved`, save });
      return saved.type === "refused" ? saved : this.#write({ id, append });
    }
    return this.#write(write);
  }

  #write({ id, save = [], settle = [], append = [], enqueue = [] }: Write): Promise<Written> {
    return this.#ask<Written>((state, keep, tasks) => {
      const moment = this.#moment();
      if (state.wasWritten(id, moment)) {
        const appended = append.map(({ id }) => repetition(state.offsetOf(id)));
        const enqueued = enqueue.map(({ id }) => ({ id, duplicate: true }));
        return { type: "written", duplicate: true, appended, enqueued };
      }
      const cursor = state.firstLost(save);
      if (cursor) return { type: "refused", by: "cursor", id: cursor.cursor };
      const producer = state.firstRefused(append, moment);
      const written = (enqueued: readonly EnqueuedTask[]): Written => {
        keep({ type: "write", id, boot: moment.boot, uptime: moment.uptime });
        for (const { cursor, token, state: bytes, lease } of save) {
          keep(state.save(cursor, token, bytes, lease, moment)!);
        }
        const appended = append.map((one) => {
          const { appended, entry } = state.append(one, moment);
          if (entry) keep(entry);
          return appended as AppendedEvent;
        });
        return { type: "written", duplicate: false, appended, enqueued };
      };
      if (producer) return { type: "refused", by: "producer", id: producer.id };
      if (settle.length + enqueue.length === 0) return written([]);
      return tasks.write({ settle, enqueue }).then((done): Written => {
        if (done.lost !== undefined) {
          if (this.#bugs.has("settled-without-fence")) return written([]);
          return { type: "refused", by: "task", id: done.lost };
        }
        for (const entry of done.entries) keep(entry);
        return written(done.enqueued);
      });
    });
  }

  /** As a broker does that keeps ends apart from what follows from them. */
  async #writeInTwo(write: Write): Promise<Written> {
    const { settle = [] } = write;
    const { held, ends } = await this.#ask(async (_, __, tasks) => ({
      held: settle.map((one) => (isEnd(one, tasks) ? heldBack(one) : one)),
      ends: settle.filter((one) => isEnd(one, tasks)),
    }));
    const written = await this.#write({ ...write, settle: held });
    if (written.type === "written" && ends.length > 0) void this.tasks.settleAtLast(ends);
    return written;
  }

  async close({ drain }: { readonly drain: number }): Promise<void> {
    this.#leave();
    if (this.#users > 0 || !this.#round) return;
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#runtime.timer(resolve, drain);
    });
    await Promise.race([this.#round, late]);
    cancel();
    if (this.#users > 0) return;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
  }

  #leave(): void {
    this.#users = Math.max(0, this.#users - 1);
    if (this.#users > 0) return;
    this.#stopHearing?.();
    this.#stopHearing = undefined;
  }

  #append(batch: readonly Append[]): Promise<readonly Appended[]> {
    return this.#ask((state, keep) =>
      batch.map((append) => {
        const { appended, entry } = state.append(append, this.#moment());
        if (entry) keep(entry);
        return appended;
      }),
    );
  }

  #read(query: LogQuery): Promise<LogPage> {
    return this.#ask((state) => state.read(query));
  }

  #letGo(select: (state: LogState) => readonly number[], gap: boolean): Promise<number> {
    return this.#ask((state, keep) => {
      const offsets = select(state);
      if (offsets.length > 0) keep({ type: "gone", offsets, gap });
      return offsets.length;
    });
  }

  #acquire(cursor: string, owner: string, lease: number): Promise<HeldCursor | undefined> {
    return this.#ask((state, keep) => {
      const entry = state.acquire(cursor, owner, lease, this.#moment());
      if (!entry) return undefined;
      keep(entry);
      return state.held(cursor);
    });
  }

  #save(cursor: string, token: number, bytes: Uint8Array | undefined, lease: number): Promise<boolean> {
    return this.#ask((state, keep) => {
      const entry = state.save(cursor, token, bytes, lease, this.#moment());
      if (entry) keep(entry);
      return entry !== undefined;
    });
  }

  #watch(hint: (head: number) => void): () => void {
    const watcher = (head: number) => hint(head);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #ask<Answer>(question: Question<Answer>, early = false): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#users === 0) {
        reject(closed());
        return;
      }
      const ask: Waiting["ask"] = (state, keep, tasks) => {
        const answer = question(state, keep, tasks);
        if (!(answer instanceof Promise)) return () => resolve(answer);
        // What is refused changes nothing, and is no failure of what is asked with it.
        return answer.then(
          (answer) => () => resolve(answer),
          (error) => () => reject(error),
        );
      };
      this.#waiting.push({ ask, early, reject, asked: this.#host.uptime() });
      this.#round ??= this.#rounds();
    });
  }

  async #rounds(): Promise<void> {
    // What is asked in one turn is answered in one round.
    await new Promise<void>((resolve) => this.#runtime.microtask(resolve));
    while (this.#waiting.length > 0) {
      const unlock = await this.#host.lock(this.#journal.file);
      const waiting = this.#waiting.splice(0);
      try {
        const answers = await this.#answer(waiting);
        for (const tell of answers) tell();
      } catch (error) {
        // What has failed may be there or not: what is, is read again.
        this.#journal.forget();
        for (const { reject } of waiting) reject(error);
      }
      unlock();
    }
    this.#round = undefined;
  }

  async #answer(waiting: readonly Waiting[]): Promise<readonly (() => void)[]> {
    const head = this.#state?.head;
    const { state, tasks } = await this.#upToDate();
    const entries: Entry[] = [];
    const keep: Keep = (entry) => {
      entries.push(entry);
      state.add(entry);
    };
    if (state.epoch === "") keep({ type: "epoch", epoch: this.#runtime.randomId() });
    const latest = this.#host.uptime() - longestWait;
    const answers: (() => void)[] = [];
    const early: (() => void)[] = [];
    for (const { ask, early: isEarly, asked, reject } of waiting) {
      if (asked < latest) {
        answers.push(() => reject(new Error("The process stood still for too long.")));
        continue;
      }
      const answer = ask(state, keep, tasks);
      const tell = answer instanceof Promise ? await answer : answer;
      answers.push(tell);
      if (isEarly || this.#bugs.has("acknowledged-before-commit")) early.push(tell);
    }
    if (entries.length > 0) {
      for (const tell of early) tell();
      await this.#journal.commit(entries);
      if (entries.some(isNews)) this.#host.notify(this.#journal.file);
    }
    if (state.head !== head) for (const hint of [...this.#watchers]) this.#tell(hint, state.head);
    if (this.#journal.length > 2 * this.#written + this.#rewriteAfter) {
      await this.#rewrite([...state.entries(), ...tasks.entries]);
    }
    return answers;
  }

  async #upToDate(): Promise<{ readonly state: LogState; readonly tasks: TaskReplica }> {
    const { anew, entries } = await this.#journal.news();
    if (anew || !this.#state || !this.#replica) {
      const known = dedupeWindow + longestWait;
      this.#state = new LogState({ known, producerWindow, producersPerOwner }, this.#bugs);
      this.#replica = new TaskReplica(this.#runtime, () => this.#moment(), known, this.#bugs);
      this.tasks.attach(this.#replica);
      this.#written = this.#journal.length;
    }
    for (const entry of entries) {
      if (entry.type === "task") this.#replica.add(entry);
      else this.#state.add(entry);
    }
    return { state: this.#state, tasks: this.#replica };
  }

  /** What fails has kept everything: it is tried again as the journal grows. */
  async #rewrite(entries: readonly Entry[]): Promise<void> {
    this.#written = this.#journal.length;
    await this.#journal.replace(entries).catch(() => undefined);
    this.#written = this.#journal.length;
  }

  #tell(hint: (head: number) => void, head: number): void {
    try {
      hint(head);
    } catch (error) {
      this.#runtime.uncaught(error);
    }
  }

  #moment(): Moment {
    return { now: this.#runtime.now(), boot: this.#host.boot, uptime: this.#host.uptime() };
  }
}

function closed(): ClosedError {
  return new ClosedError("Nothing was read or kept", undefined, "broker");
}

function repetition(offset: number | undefined): AppendedEvent {
  return { type: "appended", offset, duplicate: true };
}

/** Whether others may wait for it. */
function isNews(entry: Entry): boolean {
  return entry.type === "event" || (entry.type === "task" && entry.step.type !== "claim");
}

function unsupported(): never {
  throw new UnsupportedError("The reference log has no signals.");
}

const noSignals: Signals = { publish: () => undefined, subscribe: async () => unsupported() };
