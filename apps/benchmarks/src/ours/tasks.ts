import { join } from "node:path";
import { createBus, defineContract, task } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";
import { reportSchema } from "../log/reports.js";
import type { TaskQueue } from "../tasks/task-queue.js";

const contract = defineContract({
  "report.file": task(reportSchema),
  "flight.report": task(reportSchema, { key: ({ flight }) => flight }),
});

/** How many tasks are under way at once. */
const concurrency = 1_000;

/** Durable tasks in one file: its receipt says that it survives a loss of power. */
export const tasks: TaskQueue = {
  async open({ address, name }) {
    let tell: ((error: unknown) => void) | undefined;
    const bus = createBus(contract, {
      broker: sqlite(join(address, `${name}.db`)),
      onError(error) {
        if (!tell) throw error;
        tell(error);
      },
    });
    await bus.position();
    const nameOf = (keyed: boolean) => (keyed ? "flight.report" : "report.file");
    return {
      enqueue: (reports, keyed) => Promise.all(reports.map((report) => bus.enqueue(nameOf(keyed), report))),
      async work({ done, failed }, keyed) {
        tell = failed;
        const stop = bus.work(nameOf(keyed), done, { concurrency });
        await stop.ready;
        return stop;
      },
      close: () => bus.close(),
    };
  },
};
