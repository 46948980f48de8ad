import type { Place } from "../log/event-log.js";
import type { OpenQueue, TaskQueue, Worker } from "./task-queue.js";

/** A queue that keeps and does everything a second time, in another one, and tells what both of them have done. */
export function twice({ open, join = open }: TaskQueue): TaskQueue {
  return { open: (place) => both(open, place), join: (place) => both(join, place) };
}

async function both(open: TaskQueue["open"], place: Place): Promise<OpenQueue> {
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
