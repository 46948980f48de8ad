import {
  type Contract,
  type Data,
  type Listening,
  MisuseError,
  type Subscription,
  type TaskName,
  UnsupportedError,
} from "@eventwire/core";
import { attach, subscription, textFlaw } from "@eventwire/core/attach";
import { Scheduler } from "./scheduler.js";
import { type Missed, Times } from "./times.js";

export type { Missed } from "./times.js";

export interface ScheduleOptions {
  /** When, as five fields, or six with seconds first: `"0 6 * * *"`. */
  readonly cron: string;
  /** Whose clock it goes by: `"Europe/Zurich"`. Default `"UTC"`. */
  readonly timezone?: string | undefined;
  /**
   * What becomes of the times at which no process was there, for more than a minute: `"last"`, the newest is made up for, `"all"`
   * are, or `"skip"`, none is. Default `"last"`.
   */
  readonly missed?: Missed | undefined;
  /** What tells it from other schedules of the broker. Default: the name of the task. */
  readonly id?: string | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What of a bus matters here. */
interface BusOf<C extends Contract> {
  readonly contract: C;
}

const misses: readonly unknown[] = ["last", "skip", "all"] satisfies readonly Missed[];

/**
 * Enqueues a task at the times of a cron expression, once for all processes that schedule the same, until the bus ends or
 * the result is called. The first time is the one after it was scheduled first.
 *
 * `ready` resolves when it is known from when on; it rejects with an `UnsupportedError` on a client's bus.
 *
 * @param data of each task, or a function that gives it, of the time that it is for.
 * @throws {MisuseError} when there is no such task, time or zone, or an option is not what it has to be.
 *
 * @example
 * ```ts
 * schedule(bus, "report.daily", { cron: "0 6 * * *", timezone: "Europe/Zurich" }, (time) => ({
 *   day: time.toISOString().slice(0, 10),
 * }));
 * ```
 */
export function schedule<C extends Contract, N extends TaskName<C>>(
  bus: BusOf<C>,
  name: N,
  options: ScheduleOptions,
  data: Data<C, N> | ((time: Date) => Data<C, N>),
): Subscription {
  const core = attach(bus as unknown as Listening<Contract>);
  const { cron, timezone = "UTC", missed = "last", id = name, signal } = options;
  if ((bus.contract.definitions as Contract["definitions"])[name]?.kind !== "task") {
    throw new MisuseError(`"${name}" is no task of the contract.`, { name });
  }
  if (!misses.includes(missed)) {
    throw new MisuseError(`missed must be "last", "skip" or "all"; it is ${JSON.stringify(missed)}.`, {
      name,
    });
  }
  const flaw = textFlaw(id);
  if (flaw) throw new MisuseError(`The id of a schedule ${flaw}.`, { name });
  const times = new Times(cron, timezone);
  if (times.after(core.runtime.now()) === undefined) {
    throw new MisuseError(`"${cron}" never comes.`, { name });
  }
  const { keeper } = core;
  const dataOf = (time: number): unknown =>
    typeof data === "function" ? (data as (time: Date) => unknown)(new Date(time)) : data;
  const scheduler = new Scheduler({ core, contract: bus.contract, name, id, times, missed, dataOf });
  const ready = keeper.use
    ? keeper.use((backing) => scheduler.start(backing.source.store))
    : Promise.reject(
        new UnsupportedError(`"${name}" was not scheduled: a client's bus has no broker.`, { name }),
      );
  const forget = core.onClose((drain) => scheduler.end(drain));
  const end = () => {
    forget();
    void scheduler.end(0);
  };
  return subscription(end, signal, ready, core.report);
}
