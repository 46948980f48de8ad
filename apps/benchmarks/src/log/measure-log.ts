import { median } from "../harness/sample.js";
import type { Actor } from "../processes/actor.js";
import type { Appended, LogEnd } from "./end.js";
import type { LogEnds } from "./log-ends.js";

/** How long something lasts, in milliseconds. What is compiled late is measured compiled. */
export interface Times {
  readonly warmUp: number;
  readonly measured: number;
}

/** Appends by so many callers at once; rejects unless a process that reads it afterwards finds each report, equal and in order. */
export function measureAppends(
  implementation: LogEnds,
  callers: number,
  { warmUp, measured }: Times,
): Promise<Appended> {
  return withLog(implementation, async (appender, reader) => {
    const first = await appender.append(callers, warmUp);
    const appended = await appender.append(callers, measured);
    await reader.find(first.count + appended.count);
    return appended;
  });
}

/**
 * How long each took from the append to who follows, in milliseconds; there are 200 a second. Rejects unless each report came once, equal and in order.
 *
 * @param apart whether who follows is another process.
 */
export function measureEndToEnd(
  implementation: LogEnds,
  apart: boolean,
  { warmUp, measured }: Times,
): Promise<readonly number[]> {
  return withLog(implementation, async (appender, another) => {
    const reader = apart ? another : appender;
    await reader.follow();
    const warmedUp = (await appender.appendOpenly(warmUp)).length;
    const due = await appender.appendOpenly(measured);
    const arrivals = (await reader.arrived(warmedUp + due.length)).slice(warmedUp);
    return arrivals.map((arrival, index) => arrival - due[index]!);
  });
}

/** How long it takes to read so many reports from the beginning, in milliseconds. */
export function measureReads(implementation: LogEnds, count: number): Promise<number> {
  return withLog(implementation, async (appender, reader) => {
    await appender.fill(count);
    await reader.read(count, 3);
    return median(await reader.read(count, 3));
  });
}

/** @param measure is given two processes that have a log open. */
async function withLog<Result>(
  implementation: LogEnds,
  measure: (appender: Actor<LogEnd>, reader: Actor<LogEnd>) => Promise<Result>,
): Promise<Result> {
  const store = await implementation.start();
  try {
    const [appender, reader] = await Promise.all([implementation.server(), implementation.client()]);
    try {
      const place = { address: store.address, name: "reports" };
      await appender.open(place);
      await reader.open(place);
      const result = await measure(appender, reader);
      await Promise.all([appender.close(), reader.close()]);
      return result;
    } finally {
      await Promise.all([appender.end(), reader.end()]);
    }
  } finally {
    await store.stop();
  }
}
