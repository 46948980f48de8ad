import { createQueue, type Work } from "@eventwire/queue";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";
import { atOnce, type Limits, type WorkQueue, type WorkQueues } from "../queue/work-queue.js";

export const version = packageVersion("@eventwire/queue");

export const queues: WorkQueues = {
  guarded: true,
  serial: (work, limits) => worked(work, limits, 1),
  keyed: (work, limits) => worked(work, limits, atOnce, (point) => point.id),
};

function worked(
  work: Work<Point>,
  { entries, attempts, backoff, dead }: Limits,
  concurrency: number,
  key?: (point: Point) => number,
): WorkQueue {
  const queue = createQueue<Point>({
    capacity: entries,
    attempts,
    backoff: () => backoff,
    key,
    onFailure: ({ entry, error, retryIn }) => {
      if (retryIn === undefined) dead(entry.data, error);
    },
  });
  queue.pause();
  queue.work(work, { concurrency });
  return {
    offer: (point) => void queue.offer(point),
    async drain() {
      queue.resume();
      await queue.drain();
      queue.pause();
    },
  };
}
