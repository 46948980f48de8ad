import fastq from "fastq";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";
import { Bound } from "../queue/bound.js";
import { type Chain, Chains } from "../queue/chains.js";
import { Slices } from "../queue/slices.js";
import { atOnce, slice, type WorkQueues } from "../queue/work-queue.js";

export const version = packageVersion("fastq");

/** How many entries are worked on in one stack, which fastq deepens with each. */
const deep = 256;

interface Entry {
  readonly point: Point;
  failures: number;
}

/**
 * fastq, wrapped to give the guarantees that ours has: it is bounded, tries again what fails after a while without
 * holding up other keys, drains a backlog of any length, and lets the event loop go on meanwhile. Keys: a turn for each.
 */
export const queues: WorkQueues = {
  guarded: true,
  serial(work, limits) {
    let streak = 0;
    let sliceEnd = 0;
    const bound = new Bound(limits.entries);
    const queue = fastq<undefined, Entry>((entry, done) => {
      try {
        work(entry.point);
        bound.leave();
      } catch (error) {
        entry.failures += 1;
        if (entry.failures < limits.attempts) setTimeout(() => queue.push(entry), limits.backoff);
        else {
          limits.dead(entry.point, error);
          bound.leave();
        }
      }
      streak += 1;
      if (streak % deep !== 0) done(null);
      else if (performance.now() < sliceEnd) queueMicrotask(() => done(null));
      else {
        setImmediate(() => {
          sliceEnd = performance.now() + slice;
          done(null);
        });
      }
    }, 1);
    queue.pause();
    return {
      offer(point) {
        bound.enter();
        queue.push({ point, failures: 0 });
      },
      async drain() {
        sliceEnd = performance.now() + slice;
        const empty = bound.empty();
        queue.resume();
        await empty;
        queue.pause();
      },
    };
  },
  keyed(work, limits) {
    const bound = new Bound(limits.entries);
    const slices = new Slices(16);
    const turns = fastq<undefined, Chain>((chain, done) => {
      const leave = () => {
        chains.shift(chain);
        done(null);
        bound.leave();
      };
      const end = () => (slices.over() ? setImmediate(leave) : leave());
      work(chain.points[0]!).then(end, (error: unknown) => {
        chain.failures += 1;
        if (chain.failures >= limits.attempts) {
          limits.dead(chain.points[0]!, error);
          end();
          return;
        }
        setTimeout(() => turns.push(chain), limits.backoff);
        done(null);
      });
    }, atOnce);
    const chains = new Chains((chain) => turns.push(chain));
    turns.pause();
    return {
      offer(point) {
        bound.enter();
        chains.add(point);
      },
      async drain() {
        slices.begin();
        const empty = bound.empty();
        turns.resume();
        await empty;
        turns.pause();
      },
    };
  },
};
