import PQueue from "p-queue";
import { packageVersion } from "../harness/package-version.js";
import { atOnce, type WorkQueues } from "../queue/work-queue.js";

export const version = packageVersion("p-queue");

/**
 * Keys: a queue of its own for each, whose entries wait for one of the places in a queue for all. The queues stay, since
 * to make one costs more than a few entries.
 */
export const queues: WorkQueues = {
  guarded: false,
  serial(work) {
    const queue = new PQueue({ concurrency: 1, autoStart: false });
    return {
      offer: (point) => void queue.add(() => work(point)),
      async drain() {
        queue.start();
        await queue.onIdle();
        queue.pause();
      },
    };
  },
  keyed(work) {
    const places = new PQueue({ concurrency: atOnce, autoStart: false });
    const byKey = new Map<number, PQueue>();
    return {
      offer(point) {
        let queue = byKey.get(point.id);
        if (!queue) {
          queue = new PQueue({ concurrency: 1 });
          byKey.set(point.id, queue);
        }
        void queue.add(() => places.add(() => work(point)));
      },
      async drain() {
        places.start();
        await Promise.all(Array.from(byKey.values(), (queue) => queue.onIdle()));
        places.pause();
      },
    };
  },
};
