import { queue as createQueue } from "async";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";
import { type Chain, Chains } from "../queue/chains.js";
import { atOnce, type WorkQueues } from "../queue/work-queue.js";

export const version = packageVersion("async");

/** With callbacks, given for each entry, for it makes a promise where there is none. Keys: a turn for each. */
export const queues: WorkQueues = {
  guarded: false,
  serial(work) {
    const queue = createQueue<Point>((point, done) => {
      work(point);
      done();
    }, 1);
    return {
      offer: (point) => queue.push(point, ignore),
      drain: () => queue.drain(),
    };
  },
  keyed(work) {
    const turns = createQueue<Chain>((chain, done) => {
      work(chain.points[0]!).then(() => {
        chains.shift(chain);
        done();
      }, done);
    }, atOnce);
    const chains = new Chains((chain) => turns.push(chain, ignore));
    return {
      offer: (point) => chains.add(point),
      drain: () => turns.drain(),
    };
  },
};

function ignore(): undefined {
  return undefined;
}
