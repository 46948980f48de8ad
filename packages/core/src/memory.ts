import { ClosedError, MisuseError, type Runtime, systemRuntime } from "@eventwire/queue";
import { openBacking } from "./backing/open-backing.js";
import { backingOf } from "./backing.js";
import type { Broker, BrokerFeatures, Write, Written } from "./broker.js";
import { MemoryLog } from "./memory/log.js";
import { MemorySignals } from "./memory/signals.js";
import { MemoryTasks } from "./memory/tasks/tasks.js";
import { MemoryWrites } from "./memory/writes.js";

export interface MemoryOptions {
  /** How many events the log keeps; then the oldest go, and who has not read them is told of a gap. Default 10,000. */
  readonly events?: number | undefined;
  /** How many bytes of bodies the log keeps, and of results the tasks that are over; and the most that one body may have. Default 16,777,216. */
  readonly bytes?: number | undefined;
  /** How many tasks may wait or be under way; then `enqueue` rejects with an `OverflowError`. Default 100,000. */
  readonly tasks?: number | undefined;
  /** How many dead tasks of each name are kept; then the oldest go. Default 10,000. */
  readonly deadTasks?: number | undefined;
  /** Of how many tasks that are over it is known what became of them; then those go that would go next. Default 10,000. */
  readonly keptTasks?: number | undefined;
  /** For how long an id is known as a repetition, in milliseconds. Default 60,000. */
  readonly dedupeWindow?: number | undefined;
  /** For how long a producer is known after its last append, in milliseconds. Default 2,592,000,000: 30 days. */
  readonly producerWindow?: number | undefined;
  /** How many producers of one owner are known; then those are forgotten that were silent longest. Default 1,000. */
  readonly producersPerOwner?: number | undefined;
  /** Time, chance and scheduling. Default: the platform's. */
  readonly runtime?: Runtime | undefined;
}

/**
 * A broker in this process. What it holds lives as long as the object does: buses that are given the same one share it,
 * also one after the other.
 *
 * @throws {MisuseError} when a limit is no number of at least 1, or the window less than 0.
 *
 * @example
 * ```ts
 * const broker = memory({ events: 100_000 });
 * const bus = createBus(airspace, { broker });
 * ```
 */
export function memory(options: MemoryOptions = {}): Broker {
  return new MemoryBroker(options);
}

class MemoryBroker implements Broker {
  readonly [backingOf] = openBacking;
  readonly features: BrokerFeatures;
  readonly log: MemoryLog;
  readonly tasks: MemoryTasks;
  readonly signals: MemorySignals;
  readonly #writes: MemoryWrites;
  /** How many buses have it open. */
  #users = 0;

  constructor(options: MemoryOptions) {
    const { events = 10_000, bytes = 16 * 2 ** 20, tasks = 100_000 } = options;
    const { deadTasks = 10_000, keptTasks = 10_000 } = options;
    const { dedupeWindow = 60_000, producerWindow = 2_592_000_000, runtime = systemRuntime } = options;
    const { producersPerOwner = 1_000 } = options;
    checkLimit("events", events, 1);
    checkLimit("bytes", bytes, 1);
    checkLimit("tasks", tasks, 1);
    checkLimit("deadTasks", deadTasks, 0);
    checkLimit("keptTasks", keptTasks, 0);
    checkLimit("dedupeWindow", dedupeWindow, 0);
    checkLimit("producerWindow", producerWindow, 0);
    checkLimit("producersPerOwner", producersPerOwner, 1);
    this.features = {
      durability: "memory",
      scope: "process",
      signals: "process",
      dedupeWindow,
      producerWindow,
      producersPerOwner,
      maxBodyBytes: bytes,
      keyRead: "index",
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
    const isOpen = () => this.#users > 0;
    const check = () => {
      if (!isOpen()) throw new ClosedError("Nothing was read or kept", undefined, "broker");
    };
    const limits = { events, bytes, dedupeWindow, producerWindow, producersPerOwner };
    this.log = new MemoryLog(runtime, limits, check);
    this.signals = new MemorySignals(runtime, check, isOpen);
    this.tasks = new MemoryTasks(runtime, { tasks, deadTasks, keptTasks, bytes, dedupeWindow }, check);
    this.#writes = new MemoryWrites(runtime, this.log, this.tasks, dedupeWindow, check);
  }

  write(write: Write): Promise<Written> {
    return this.#writes.write(write);
  }

  async open(): Promise<void> {
    this.#users += 1;
  }

  async close(): Promise<void> {
    this.#users = Math.max(0, this.#users - 1);
  }
}

/** @throws {MisuseError} */
function checkLimit(what: string, value: number, least: number): void {
  if (value >= least) return;
  throw new MisuseError(`${what} must be at least ${least}; it is ${value}.`);
}
