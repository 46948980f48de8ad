import { expect, it } from "vitest";
import { createPoints } from "../emit/points.js";
import { queue } from "../suites/queue.js";
import { unreached } from "./verify-work.js";

it("is what the handicap makes of queues: each does as much again, in one of its own", async () => {
  const { version, queues } = await import("../peers/fastq-guarded.js");
  let [created, offered, drained, done] = [0, 0, 0, 0];
  const slowed = queue.handicap({
    version,
    queues: {
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
    },
  });
  const queueOfTwo = slowed.queues.serial(() => {
    done += 1;
  }, unreached);
  for (const point of createPoints(1)) queueOfTwo.offer(point);
  await queueOfTwo.drain();
  expect({ created, offered, drained, done }).toEqual({ created: 2, offered: 2048, drained: 2, done: 1024 });
});
