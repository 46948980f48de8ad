import { resolve } from "node:path";
import {
  type Broker,
  type BrokerFeatures,
  ClosedError,
  MisuseError,
  type Runtime,
  systemRuntime,
  type Write,
  type Written,
} from "@eventwire/core";
import { backUp } from "./backup.js";
import { checkSize, maxBodyBytes, SqliteLog } from "./log.js";
import type { Retention, ThreadData, Watching } from "./messages.js";
import { noSignals } from "./no-signals.js";
import { Storage } from "./storage.js";
import { TaskWatchers } from "./task-watchers.js";
import { SqliteTasks } from "./tasks.js";
import { Watchers } from "./watchers.js";

export interface SqliteOptions {
  /** How much the log keeps; then the oldest events go, and who has not read them is told of a gap. Default: everything. */
  readonly retention?: Retention | undefined;
  /** For how long an id is known as a repetition, in milliseconds: up to a minute longer, and twice as long at most. Default 600,000. */
  readonly dedupeWindow?: number | undefined;
  /** For how long a producer is known after its last append, in milliseconds. Default 2,592,000,000: 30 days. */
  readonly producerWindow?: number | undefined;
  /** How many producers of one owner are known; then those are forgotten that were silent longest. Default 1,000. */
  readonly producersPerOwner?: number | undefined;
  /** For how long another program may hold the file before what is asked of it rejects, in milliseconds. Default 5,000. */
  readonly busyTimeout?: number | undefined;
  /** Time, chance and scheduling. Default: the platform's. */
  readonly runtime?: Runtime | undefined;
}

/**
 * A broker on one SQLite file, which all processes of the machine may share: what was acknowledged survives a crash and a
 * loss of power. All work on the file is done by a thread of its own.
 *
 * @param file its path; it is made where there is none, in a folder that is there, on a disk of this machine.
 * @throws {MisuseError} when the path is none, or a limit is out of range.
 *
 * @example
 * ```ts
 * const broker = sqlite("airspace.db", { retention: { age: 7 * 86_400_000 } });
 * const bus = createBus(airspace, { broker });
 * ```
 */
export function sqlite(file: string, options: SqliteOptions = {}): SqliteBroker {
  return new FileBroker(file, options);
}

/** A broker on a file, which can be copied while it is in use. */
export interface SqliteBroker extends Broker {
  /**
   * Copies the file as it is now, while all goes on. The copy is a history of its own: who had read the file is told so by a
   * new epoch. Rejects with a `StoreError`, such as when there is a file already, and with a `ClosedError` when it is not open.
   */
  backup(path: string): Promise<void>;
}

class FileBroker implements SqliteBroker {
  readonly features: BrokerFeatures;
  readonly log: SqliteLog;
  readonly tasks: SqliteTasks;
  readonly signals = noSignals;
  readonly #data: ThreadData;
  readonly #runtime: Runtime;
  readonly #watchers: Watchers<[number]>;
  readonly #taskWatchers: TaskWatchers;
  readonly #stateWatchers: TaskWatchers;
  /** How many buses have it open. */
  #users = 0;
  #storage: Storage | undefined;
  /** The end of the storage before. */
  #ending: Promise<void> = Promise.resolve();

  constructor(file: string, options: SqliteOptions) {
    const { retention = {}, dedupeWindow = 600_000, busyTimeout = 5_000, runtime = systemRuntime } = options;
    const { producerWindow = 2_592_000_000, producersPerOwner = 1_000 } = options;
    checkFile(file);
    checkLimit("dedupeWindow", dedupeWindow, 0);
    checkLimit("producerWindow", producerWindow, 0);
    checkLimit("producersPerOwner", producersPerOwner, 1);
    checkLimit("busyTimeout", busyTimeout, 0);
    for (const [what, value] of Object.entries(retention)) {
      if (value !== undefined) checkLimit(`retention.${what}`, value, 1);
    }
    this.#data = {
      file: resolve(file),
      dedupeWindow,
      producerWindow,
      producersPerOwner,
      busyTimeout,
      retention: { ...retention },
    };
    this.#runtime = runtime;
    const changed = () => this.#storage?.watch(this.#watching);
    this.#watchers = new Watchers(runtime, changed);
    this.#taskWatchers = new TaskWatchers(runtime, changed);
    this.#stateWatchers = new TaskWatchers(runtime, changed);
    this.features = {
      durability: "power",
      scope: "machine",
      signals: "none",
      dedupeWindow,
      producerWindow,
      producersPerOwner,
      maxBodyBytes,
      keyRead: "scan",
      trimByName: true,
      timeIndex: true,
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
    const open = () => this.#open();
    this.log = new SqliteLog(open, this.#watchers);
    this.tasks = new SqliteTasks(open, this.#taskWatchers, this.#stateWatchers);
  }

  async open(): Promise<void> {
    this.#users += 1;
    try {
      await this.#open().opened;
    } catch (error) {
      this.#users = Math.max(0, this.#users - 1);
      throw error;
    }
  }

  async close({ drain }: { readonly drain: number }): Promise<void> {
    if (this.#users === 0) return;
    this.#users -= 1;
    if (this.#users > 0) return;
    const storage = this.#storage;
    this.#storage = undefined;
    if (storage) this.#ending = storage.end(drain);
    await this.#ending;
  }

  async write(write: Write): Promise<Written> {
    const storage = this.#open();
    for (const recorded of [...(write.append ?? []), ...(write.enqueue ?? [])]) checkSize(recorded);
    return storage.write(write);
  }

  async backup(path: string): Promise<void> {
    checkFile(path);
    await this.#open().opened;
    await backUp({ file: this.#data.file, to: resolve(path) });
  }

  get #watching(): Watching {
    const states = this.#stateWatchers.some;
    return { others: states || this.#watchers.some || this.#taskWatchers.some, states };
  }

  /** Also where the thread was lost meanwhile. */
  #open(): Storage {
    if (this.#users === 0) throw new ClosedError("Nothing was read or kept", undefined, "broker");
    if (!this.#storage) {
      const storage = new Storage(this.#data, this.#runtime, this.#ending, {
        head: (head) => this.#watchers.tell(head),
        ready: (names) => this.#taskWatchers.tell(names),
        changed: (names) => this.#stateWatchers.tell(names),
        ended: () => {
          if (this.#storage === storage) this.#storage = undefined;
        },
      });
      storage.watch(this.#watching);
      this.#storage = storage;
    }
    return this.#storage;
  }
}

/** @throws {MisuseError} */
function checkFile(file: string): void {
  if (typeof file === "string" && file !== "" && file !== ":memory:" && !file.includes("\0")) return;
  throw new MisuseError(
    `${JSON.stringify(file)} is no path of a file. For a broker in memory use memory() of @eventwire/core/memory.`,
  );
}

/** @throws {MisuseError} */
function checkLimit(what: string, value: number, least: number): void {
  if (value >= least) return;
  throw new MisuseError(`${what} must be at least ${least}; it is ${value}.`);
}
