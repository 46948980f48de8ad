import { rmSync } from "node:fs";
import { percentile } from "../harness/percentile.js";
import { createFolder, type Store } from "../log/store.js";
import type { Actor } from "../processes/actor.js";
import type { TaskEnd } from "./end.js";
import type { TaskEnds } from "./task-ends.js";

/** How many are done before those that are measured, so that what is compiled late is compiled. */
export interface Counts {
  readonly warmUp: number;
  readonly measured: number;
}

/** How many calls that enqueue are under way at once. */
const callers = 10;
const name = "reports";

/** Tasks a second, from the first call that enqueues some in one process until the last is done in another. */
export function measureRate(
  implementation: TaskEnds,
  keyed: boolean,
  { warmUp, measured }: Counts,
): Promise<number> {
  return withQueue(implementation, async (client, worker) => {
    await worker.work(keyed);
    await client.enqueue(0, warmUp, keyed, callers);
    await worker.finished(0, warmUp);
    const start = await client.enqueue(warmUp, measured, keyed, callers);
    const done = await worker.finished(warmUp, measured);
    return (measured * 1_000) / (Math.max(...done) - start);
  });
}

/** The same, done by workers at clients of the process that has the queue. */
export function measureRemoteRate(implementation: TaskEnds, counts: Counts): Promise<number> {
  return measureRate({ ...implementation, ...implementation.remote }, false, counts);
}

/** How soon half of the tasks are begun by a worker that has nothing else to do, in milliseconds; one is enqueued each 10 ms. */
export function measureStart(implementation: TaskEnds, { warmUp, measured }: Counts): Promise<number> {
  return withQueue(implementation, async (client, worker) => {
    await worker.work(false);
    await client.enqueueOpenly(0, warmUp);
    await worker.finished(0, warmUp);
    const due = await client.enqueueOpenly(warmUp, measured);
    const begun = await worker.finished(warmUp, measured);
    return percentile(
      begun.map((time, index) => time - due[index]!),
      50,
    );
  });
}

/** Stores of ours with tasks that wait: to make a large one takes much longer than to do some of them. */
const filled = new Map<number, Promise<Filled>>();

interface Filled {
  readonly address: string;
  /** The first that is not done. */
  next: number;
}

/** Tasks a second that a worker does where so many more wait. */
export async function measureBacklog(
  implementation: TaskEnds,
  more: number,
  counts: Counts,
): Promise<number> {
  // Of what it has under way when it is told to stop, some is done as well.
  const spare = 5_000;
  const making = filled.get(more) ?? fill(implementation, more + counts.warmUp + counts.measured + spare);
  if (more > 0) filled.set(more, making);
  const store = await making;
  const worker = await implementation.client();
  try {
    await worker.open({ address: store.address, name });
    const { rate, next } = await worker.doSome(store.next, counts);
    store.next = next;
    return rate;
  } finally {
    await worker.end();
  }
}

async function fill(
  implementation: TaskEnds,
  count: number,
): Promise<{ readonly address: string; next: number }> {
  const { address } = createFolder();
  process.once("exit", () => rmSync(address, { recursive: true, force: true }));
  const client = await implementation.server();
  try {
    await client.open({ address, name });
    await client.enqueue(0, count, false, callers);
    await client.close();
  } finally {
    await client.end();
  }
  return { address, next: 0 };
}

/** @param measure is given two processes that have a queue open. */
async function withQueue<Result>(
  implementation: TaskEnds,
  measure: (client: Actor<TaskEnd>, worker: Actor<TaskEnd>) => Promise<Result>,
): Promise<Result> {
  const store: Store = await implementation.start();
  try {
    const [client, worker] = await Promise.all([implementation.server(), implementation.client()]);
    try {
      const place = { address: store.address, name };
      await client.open(place);
      await worker.join(place);
      const result = await measure(client, worker);
      await worker.stop();
      // Where it has what it did settled by the other one, that has to be there.
      await worker.close();
      await client.close();
      return result;
    } finally {
      await Promise.all([client.end(), worker.end()]);
    }
  } finally {
    await store.stop();
  }
}
