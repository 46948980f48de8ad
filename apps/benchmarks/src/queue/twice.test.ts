import { expect, it } from "vitest";
import { createPoints } from "../emit/points.js";
import { measureHere } from "../harness/measure-here.js";
import { runSuite } from "../harness/run-suite.js";
import type { Suite } from "../harness/suite.js";
import { queue } from "../suites/queue.js";
import { twice } from "./twice.js";
import { unreached } from "./verify-work.js";
import type { QueueImplementation } from "./work-queue.js";

const load = () => import("../peers/fastq-guarded.js");

it("does as much again, in a queue of its own", async () => {
  const { queues } = await load();
  let [created, offered, drained, done] = [0, 0, 0, 0];
  const counting = twice({
    ...queues,
    serial(work, limits) {
      created += 1;
      const { offer, drain } = queues.serial(work, limits);
      return {
        offer(point) {
          offered += 1;
          offer(point);
        },
        drain() {
          drained += 1;
          return drain();
        },
      };
    },
  });
  const slowed = counting.serial(() => {
    done += 1;
  }, unreached);
  for (const point of createPoints(1)) slowed.offer(point);
  await slowed.drain();
  expect({ created, offered, drained, done }).toEqual({ created: 2, offered: 2048, drained: 2, done: 1024 });
});

/** One queue as ours and as its own peer: equally fast, unless one is slowed. */
const evenSuite: Suite<QueueImplementation> = {
  ...queue,
  ours: load,
  peers: { "fastq-guarded": load },
  rows: queue.rows.filter(({ name }) => name === "offer and take"),
  claims: [
    {
      kind: "promise",
      row: "offer and take",
      says: "at least 0.7 times the rate of fastq-guarded",
      bound: (figures) => 0.7 * figures.peer("offer and take", "fastq-guarded")!,
    },
  ],
};

it.each([
  { handicap: false, outcome: "kept" },
  { handicap: true, outcome: "broken" },
])(
  "is measured: the promise is $outcome when handicap is $handicap",
  // A machine that is busy elsewhere in the middle of a round is no fault; what is really slower is so each time.
  { timeout: 30_000, retry: 2 },
  async ({ handicap, outcome }) => {
    const { verdicts } = await runSuite(evenSuite, {
      full: false,
      handicap,
      without: [],
      rounds: 3,
      measure: (task) => measureHere(evenSuite, task),
    });
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual([outcome]);
  },
);
