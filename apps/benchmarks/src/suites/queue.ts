import { createPoints, lapLength } from "../emit/points.js";
import type { Claim } from "../harness/claim.js";
import { collectGarbage } from "../harness/collect-garbage.js";
import type { Row, Suite } from "../harness/suite.js";
import { checkedKeyedWork, checkedWork } from "../queue/checked-work.js";
import { entriesPerSecond } from "../queue/entries-per-second.js";
import { loopDelay } from "../queue/loop-delay.js";
import { twice } from "../queue/twice.js";
import { unreached, verifyWork } from "../queue/verify-work.js";
import { atOnce, type QueueImplementation, type WorkQueues } from "../queue/work-queue.js";

type QueueRow = Row<QueueImplementation>;

const keys = 100;
const lapsToWarmUp = 50;
/** A lap has 1,024 points. */
const lapsOfAMillion = 977;

const offerAndTake: QueueRow = {
  name: "offer and take",
  unit: "events/s",
  better: "higher",
  async measure({ queues }) {
    const points = createPoints(keys);
    const { work, check } = checkedWork(points);
    const figure = await entriesPerSecond(queues.serial(work, unreached), points, check);
    await verifyWork(queues, points);
    return figure;
  },
};

const keyed: QueueRow = {
  name: `keyed, ${atOnce} at once`,
  unit: "events/s",
  better: "higher",
  async measure({ queues }) {
    const points = createPoints(keys);
    const { work, check } = checkedKeyedWork(points);
    const figure = await entriesPerSecond(queues.keyed(work, unreached), points, check);
    await verifyWork(queues, points);
    return figure;
  },
};

const delay: QueueRow = {
  name: "loop delay p99, 1M drained",
  unit: "ms",
  better: "lower",
  async measure({ queues }) {
    const { offer, drain } = longBacklog(queues);
    offer(lapsToWarmUp);
    await drain();
    offer(lapsOfAMillion);
    collectGarbage();
    return loopDelay(drain);
  },
};

/** From the first offer to the last entry done. */
const backlog: QueueRow = {
  name: "1M offered and drained",
  unit: "events/s",
  better: "higher",
  full: true,
  async measure({ queues }) {
    const { offer, drain } = longBacklog(queues);
    offer(lapsToWarmUp);
    await drain();
    collectGarbage();
    const start = performance.now();
    offer(lapsOfAMillion);
    await drain();
    return (lapsOfAMillion * lapLength * 1_000) / (performance.now() - start);
  },
};

/** A queue that takes whole laps, and whose drain rejects unless all that was offered was done. */
function longBacklog({ serial, long = serial }: WorkQueues) {
  const points = createPoints(keys);
  const { work, check } = checkedWork(points);
  const queue = long(work, unreached);
  let offered = 0;
  return {
    offer(laps: number): void {
      for (let lap = 0; lap < laps; lap++) for (const point of points) queue.offer(point);
      offered += laps;
    },
    async drain(): Promise<void> {
      await queue.drain();
      check(offered);
      offered = 0;
    },
  };
}

const guarded = ["fastq-guarded", "p-queue-guarded"];

const fastest = (row: string): Claim => ({
  kind: "promise",
  row,
  says: "the fastest of those that give the same guarantees",
  bound(figures) {
    const rates = guarded.map((peer) => figures.peer(row, peer));
    return rates.includes(undefined) ? undefined : Math.max(...(rates as number[]));
  },
});

/** What a queue in memory costs: bounded, with attempts, in order per key, and never in the way of the event loop. */
export const queue: Suite<QueueImplementation> = {
  name: "queue",
  ours: () => import("../ours/queue.js"),
  peers: {
    fastq: () => import("../peers/fastq.js"),
    "p-queue": () => import("../peers/p-queue.js"),
    async: () => import("../peers/async.js"),
    "fastq-guarded": () => import("../peers/fastq-guarded.js"),
    "p-queue-guarded": () => import("../peers/p-queue-guarded.js"),
  },
  rows: [offerAndTake, keyed, delay, backlog],
  claims: [
    fastest(offerAndTake.name),
    fastest(keyed.name),
    { kind: "promise", row: delay.name, says: "under 15 ms", bound: () => 15 },
  ],
  handicap: ({ version, queues }) => ({ version, queues: twice(queues) }),
};
