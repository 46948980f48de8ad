import type { TaskQueue, Worker } from "./task-queue.js";

/** A queue that keeps and does everything a second time, in another one, and tells what both of them have done. */
export function twice({ open }: TaskQueue): TaskQueue {
  return {
    async open(place) {
      const first = await open(place);
      const second = await open({ ...place, name: `${place.name}-again` });
      return {
        async enqueue(reports, keyed) {
          await first.enqueue(reports, keyed);
          return second.enqueue(reports, keyed);
        },
        async work(worker, keyed) {
          const both = whenBoth(worker);
          const stops = [await first.work(both, keyed), await second.work(both, keyed)];
          return () => Promise.all(stops.map((stop) => stop()));
        },
        close: () => Promise.all([first.close(), second.close()]),
      };
    },
  };
}

function whenBoth({ done, failed }: Worker): Worker {
  const once = new Set<number>();
  return {
    done(report) {
      if (once.delete(report.number)) done(report);
      else once.add(report.number);
    },
    failed,
  };
}
