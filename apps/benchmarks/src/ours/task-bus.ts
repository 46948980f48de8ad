import { type Bus, defineContract, task } from "@eventwire/core";
import { reportSchema } from "../log/reports.js";
import type { OpenQueue } from "../tasks/task-queue.js";

export const contract = defineContract({
  "report.file": task(reportSchema),
  "flight.report": task(reportSchema, { key: ({ flight }) => flight }),
});

/** How many tasks are under way at once. */
export const concurrency = 1_000;

/** What a bus reports: told to who works, once there is somebody. */
export class Problems {
  #failed: ((error: unknown) => void) | undefined;

  readonly tell = (error: unknown): void => {
    if (!this.#failed) throw error;
    this.#failed(error);
  };

  to(failed: (error: unknown) => void): void {
    this.#failed = failed;
  }
}

/** A queue by a bus, which has its broker or is a client of one that has. */
export function queueOf(
  bus: Bus<typeof contract> | Bus<typeof contract, "client">,
  problems: Problems,
): OpenQueue {
  const nameOf = (keyed: boolean) => (keyed ? "flight.report" : "report.file");
  return {
    enqueue: (reports, keyed) => Promise.all(reports.map((report) => bus.enqueue(nameOf(keyed), report))),
    async work({ done, failed }, keyed) {
      problems.to(failed);
      const stop = bus.work(nameOf(keyed), done, { concurrency });
      await stop.ready;
      return stop;
    },
    close: () => bus.close(),
  };
}
