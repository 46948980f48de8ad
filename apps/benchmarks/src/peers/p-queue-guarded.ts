import { setImmediate, setTimeout } from "node:timers/promises";
import PQueue from "p-queue";
import { packageVersion } from "../harness/package-version.js";
import { Bound } from "../queue/bound.js";
import { Slices } from "../queue/slices.js";
import { atOnce, type Limits, type WorkQueues } from "../queue/work-queue.js";

export const version = packageVersion("p-queue");

/**
 * p-queue, wrapped to give the guarantees that ours has: it is bounded, tries again what fails after a while without
 * holding up other keys, and lets the event loop go on while it drains. Keys: a queue of its own for each, whose
 * entries wait for one of the places in a queue for all.
 */
export const queues: WorkQueues = {
  guarded: true,
  serial(work, limits) {
    const queue = new PQueue({ concurrency: 1, autoStart: false });
    const bound = new Bound(limits.entries);
    const slices = new Slices(64);
    return {
      offer(point) {
        bound.enter();
        const attempt = () => (slices.over() ? setImmediate().then(() => work(point)) : work(point));
        const ended = () => bound.leave();
        queue.add(attempt).then(ended, (error) => retry(queue, attempt, error, limits, point).then(ended));
      },
      async drain() {
        slices.begin();
        const empty = bound.empty();
        queue.start();
        await empty;
        queue.pause();
      },
    };
  },
  keyed(work, limits) {
    const places = new PQueue({ concurrency: atOnce, autoStart: false });
    const byKey = new Map<number, PQueue>();
    const slices = new Slices(64);
    const bound = new Bound(limits.entries);
    return {
      offer(point) {
        bound.enter();
        let queue = byKey.get(point.id);
        if (!queue) {
          queue = new PQueue({ concurrency: 1 });
          queue.on("idle", () => byKey.delete(point.id));
          byKey.set(point.id, queue);
        }
        const attempt = () => (slices.over() ? setImmediate().then(() => work(point)) : work(point));
        const inPlace = () =>
          places.add(attempt).catch((error) => retry(places, attempt, error, limits, point));
        void queue.add(inPlace).then(() => bound.leave());
      },
      async drain() {
        slices.begin();
        const empty = bound.empty();
        places.start();
        await empty;
        places.pause();
      },
    };
  },
};

/** Adds an attempt again after a while, until it succeeds or has failed as often as it may. */
async function retry(
  queue: PQueue,
  attempt: () => void | Promise<void>,
  error: unknown,
  limits: Limits,
  point: Parameters<Limits["dead"]>[0],
): Promise<void> {
  for (let failures = 1; failures < limits.attempts; failures++) {
    await setTimeout(limits.backoff);
    try {
      return await queue.add(attempt);
    } catch (newer) {
      error = newer;
    }
  }
  limits.dead(point, error);
}
