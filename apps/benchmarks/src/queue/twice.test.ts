import { expect, it } from "vitest";
import { testHandicap } from "../../fixtures/even-suite.js";
import { createPoints } from "../emit/points.js";
import { queue } from "../suites/queue.js";
import { twice } from "./twice.js";
import { unreached } from "./verify-work.js";

it("does as much again, in a queue of its own", async () => {
  const { queues } = await import("../peers/fastq-guarded.js");
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

testHandicap(queue, "offer and take", () => import("../peers/fastq-guarded.js"));
