import { setTimeout as wait } from "node:timers/promises";
import { loopDelay } from "../queue/loop-delay.js";
import type { EventLog, Follower, OpenLog, Place } from "./event-log.js";
import { isSame, reportOf } from "./reports.js";
import { twice } from "./twice.js";

/** How long nothing may come before what is missing counts as lost, in milliseconds. */
const patience = 10_000;
/** How often a report is due in the open loop, in milliseconds. */
const every = 5;

/** What an end of a log can be asked, in its process. */
export type LogEnd = ReturnType<typeof createEnd>;

/** What was appended, and how fast. */
export interface Appended {
  readonly count: number;
  readonly milliseconds: number;
  /** Of the event loop, where 99 of 100 are less, in milliseconds. */
  readonly delay: number;
}

/** The entry of a process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<LogEnd> {
  const { log } = (await import(module)) as { log: EventLog };
  return createEnd(doubled ? twice(log) : log);
}

export function createEnd(log: EventLog) {
  let open: OpenLog;
  let sent = 0;
  let arrivals: number[] = [];
  let problem: string | undefined;
  let stopFollowing: () => unknown = () => undefined;
  /** The monotonic time of the machine, the same for all of its processes, in milliseconds. */
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const follower: Follower = {
    received(report) {
      const due = arrivals.length;
      if (report.number !== due || !isSame(report))
        problem ??= `Report ${due} was due, and came as ${JSON.stringify(report)}.`;
      arrivals.push(now());
    },
    failed(error) {
      problem ??= error instanceof Error ? error.message : String(error);
    },
  };
  const check = (count: number) => {
    if (arrivals.length !== count) problem ??= `Of ${count} reports ${arrivals.length} came.`;
    if (problem !== undefined) throw new Error(problem);
  };

  const end = {
    async open(place: Place): Promise<void> {
      open = await log.open(place);
    },
    /** @returns how long it took to open it and to append a report, and where that was kept, as the implementation says it. */
    async openAndAppend(place: Place): Promise<{ readonly milliseconds: number; readonly kept: string }> {
      const start = now();
      await end.open(place);
      const kept = await open.append(reportOf(0));
      return { milliseconds: now() - start, kept };
    },
    /** So many callers append, each again as soon as its report is kept. */
    async append(callers: number, milliseconds: number): Promise<Appended> {
      const first = sent;
      const start = performance.now();
      const call = async () => {
        while (performance.now() - start < milliseconds) await open.append(reportOf(sent++));
      };
      const delay = await loopDelay(async () => {
        await Promise.all(Array.from({ length: callers }, call));
      });
      return { count: sent - first, milliseconds: performance.now() - start, delay };
    },
    /** Appends one report each time that one is due. @returns when each was. */
    async appendOpenly(milliseconds: number): Promise<readonly number[]> {
      const due: number[] = [];
      const kept: Promise<unknown>[] = [];
      const until = now() + milliseconds;
      for (let next = now(); next < until; next += every) {
        while (now() < next) await wait(1);
        due.push(now());
        kept.push(open.append(reportOf(sent++)));
      }
      await Promise.all(kept);
      return due;
    },
    async fill(count: number): Promise<void> {
      await open.fill(Array.from({ length: count }, () => reportOf(sent++)));
    },
    /** Follows the log from its beginning, and checks what comes. */
    async follow(): Promise<void> {
      arrivals = [];
      stopFollowing = await open.follow(follower);
    },
    /** Looks, as fast as it can, whether so many are kept, equal and in order. */
    async find(count: number): Promise<void> {
      if (!open.kept) {
        await end.follow();
        await end.arrived(count);
        return;
      }
      arrivals = [];
      await open.kept(follower);
      check(count);
    },
    /** Resolves when so many have come, with when each did; rejects where one is missing, altered, repeated or out of order. */
    async arrived(count: number): Promise<readonly number[]> {
      let seen = arrivals.length;
      let until = now() + patience;
      while (arrivals.length < count && problem === undefined && now() < until) {
        await wait(1);
        if (arrivals.length > seen) until = now() + patience;
        seen = arrivals.length;
      }
      await stopFollowing();
      check(count);
      return arrivals;
    },
    /** Reads the whole log so many times. @returns how many milliseconds each took. */
    async read(count: number, times: number): Promise<readonly number[]> {
      const taken: number[] = [];
      for (let time = 0; time < times; time++) {
        const start = now();
        await end.follow();
        taken.push((await end.arrived(count)).at(-1)! - start);
      }
      return taken;
    },
    close: () => open.close(),
  };
  return end;
}
