import fastq from "fastq";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";
import { type Chain, Chains } from "../queue/chains.js";
import { atOnce, type WorkQueues } from "../queue/work-queue.js";

export const version = packageVersion("fastq");

/**
 * With callbacks, the fastest way to use it. A worker that calls back at once, as its documentation shows, makes it recurse
 * for each entry that waits, up to the end of the stack. For a long backlog the worker calls back in another turn, as
 * its own benchmark does. Keys: a turn for each.
 */
export const queues: WorkQueues = {
  guarded: false,
  serial(work) {
    const queue = fastq<undefined, Point>((point, done) => {
      work(point);
      done(null);
    }, 1);
    queue.pause();
    return {
      offer: (point) => queue.push(point),
      async drain() {
        queue.resume();
        queue.pause();
      },
    };
  },
  long(work) {
    const queue = fastq<undefined, Point>((point, done) => {
      work(point);
      setImmediate(done, null);
    }, 1);
    queue.pause();
    return {
      offer: (point) => queue.push(point),
      drain: () => drained(queue),
    };
  },
  keyed(work) {
    const turns = fastq<undefined, Chain>((chain, done) => {
      work(chain.points[0]!).then(() => {
        chains.shift(chain);
        done(null);
      }, done);
    }, atOnce);
    const chains = new Chains((chain) => turns.push(chain));
    turns.pause();
    return {
      offer: (point) => chains.add(point),
      drain: () => drained(turns),
    };
  },
};

async function drained(queue: fastq.queue): Promise<void> {
  await new Promise<void>((resolve) => {
    queue.drain = resolve;
    queue.resume();
  });
  queue.pause();
}
