import { createPoints } from "../emit/points.js";
import { checkedKeyedWork, checkedWork } from "./checked-work.js";
import type { WorkQueue, WorkQueues } from "./work-queue.js";

/** Queues that do everything a second time, in a second instance with as much work. */
export function twice({ guarded, serial, keyed, long = serial }: WorkQueues): WorkQueues {
  const shadow = () => checkedWork(createPoints(1)).work;
  const asyncShadow = () => checkedKeyedWork(createPoints(1_000)).work;
  return {
    guarded,
    serial: (work, limits) => both(serial(work, limits), serial(shadow(), limits)),
    long: (work, limits) => both(long(work, limits), long(shadow(), limits)),
    keyed: (work, limits) => both(keyed(work, limits), keyed(asyncShadow(), limits)),
  };
}

function both(first: WorkQueue, second: WorkQueue): WorkQueue {
  return {
    offer(point) {
      first.offer(point);
      second.offer(point);
    },
    async drain() {
      await Promise.all([first.drain(), second.drain()]);
    },
  };
}
