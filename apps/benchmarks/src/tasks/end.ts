import { setTimeout as wait } from "node:timers/promises";
import type { Place } from "../log/event-log.js";
import { isSame, type Report, reportOf } from "../log/reports.js";
import type { Counts } from "./measure-tasks.js";
import type { OpenQueue, TaskQueue } from "./task-queue.js";
import { twice } from "./twice.js";

/** How long nothing may be done before what is missing counts as lost, in milliseconds. */
const patience = 20_000;
/** How many are enqueued in one call. */
const bulk = 100;
/** How often one is enqueued to see how soon it is begun, in milliseconds. */
const every = 10;

/** What an end of a queue can be asked, in its process. */
export type TaskEnd = ReturnType<typeof createEnd>;

/** The entry of a process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<TaskEnd> {
  const { tasks } = (await import(module)) as { tasks: TaskQueue };
  return createEnd(doubled ? twice(tasks) : tasks);
}

export function createEnd(queue: TaskQueue) {
  let open: OpenQueue;
  let problem: string | undefined;
  /** When each was done, by its number. */
  let done = new Map<number, number>();
  const last = new Map<string, number>();
  let stopWorking: () => unknown = () => undefined;
  /** The monotonic time of the machine, the same for all of its processes, in milliseconds. */
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const check = (report: Report, keyed: boolean) => {
    const { number, flight } = report;
    if (done.has(number)) problem ??= `Report ${number} was done twice.`;
    if (!isSame(report)) problem ??= `Report ${number} came as ${JSON.stringify(report)}.`;
    if (keyed && (last.get(flight) ?? -1) > number) problem ??= `Report ${number} was done too late.`;
    if (keyed) last.set(flight, number);
  };

  const end = {
    async open(place: Place): Promise<void> {
      open = await queue.open(place);
    },
    async join(place: Place): Promise<void> {
      open = await (queue.join ?? queue.open)(place);
    },
    /** Enqueues so many, from the report of a number on, some calls at once. @returns when it began. */
    async enqueue(first: number, count: number, keyed: boolean, callers: number): Promise<number> {
      let next = first;
      const behind = first + count;
      const call = async () => {
        while (next < behind) {
          const from = next;
          next = Math.min(behind, from + bulk);
          const reports = Array.from({ length: next - from }, (_, index) => reportOf(from + index));
          await open.enqueue(reports, keyed);
        }
      };
      const start = now();
      await Promise.all(Array.from({ length: callers }, call));
      return start;
    },
    /** Enqueues one each time that one is due. @returns when each was. */
    async enqueueOpenly(first: number, count: number): Promise<readonly number[]> {
      const due: number[] = [];
      const kept: Promise<unknown>[] = [];
      for (let next = now(); due.length < count; next += every) {
        while (now() < next) await wait(1);
        due.push(now());
        kept.push(open.enqueue([reportOf(first + due.length - 1)], false));
      }
      await Promise.all(kept);
      return due;
    },
    /** Does what is there, and checks it. */
    async work(keyed: boolean): Promise<void> {
      stopWorking = await open.work(
        {
          done(report) {
            check(report, keyed);
            done.set(report.number, now());
          },
          failed(error) {
            problem ??= error instanceof Error ? error.message : String(error);
          },
        },
        keyed,
      );
    },
    /**
     * Resolves when so many are done, with when each was, by their numbers; rejects where one is missing, altered, repeated or, keyed,
     * out of order. What is done after counts anew.
     */
    async finished(first: number, count: number): Promise<readonly number[]> {
      let seen = done.size;
      let until = now() + patience;
      while (done.size < count && problem === undefined && now() < until) {
        await wait(1);
        if (done.size > seen) until = now() + patience;
        seen = done.size;
      }
      const times = Array.from({ length: count }, (_, index) => done.get(first + index));
      const missing = times.indexOf(undefined);
      if (missing >= 0) problem ??= `Report ${first + missing} was not done.`;
      if (problem !== undefined) throw new Error(problem);
      done = new Map();
      return times as readonly number[];
    },
    /**
     * Does at least so many of what waits, and checks that they are those that come first, without a hole.
     *
     * @returns how many were done a second, once so many had been to warm up, and which is the first that was not done.
     */
    async doSome(
      first: number,
      { warmUp, measured }: Counts,
    ): Promise<{ readonly rate: number; readonly next: number }> {
      await end.work(false);
      const until = now() + patience;
      while (done.size < warmUp + measured && problem === undefined && now() < until) await wait(1);
      await stopWorking();
      await open.close();
      const times = await end.finished(first, done.size);
      const taken = times[warmUp + measured - 1]! - times[warmUp]!;
      return { rate: (measured * 1_000) / taken, next: first + times.length };
    },
    async stop(): Promise<void> {
      await stopWorking();
    },
    close: () => open.close(),
  };
  return end;
}
