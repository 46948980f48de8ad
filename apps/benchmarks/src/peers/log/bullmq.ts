import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { EventLog } from "../../log/event-log.js";
import { inChunks } from "../../log/in-chunks.js";
import { type Report, reportSchema } from "../../log/reports.js";

const page = 1_000;

/** A queue and a worker of it, one job after another: it has no log. What is done is deleted. */
export const log: EventLog = {
  async open({ address, name }) {
    const connect = () => new Redis(`redis://${address}`, { maxRetriesPerRequest: null });
    const connection = connect();
    const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
    await queue.waitUntilReady();
    const append = async (report: Report) => (await queue.add("report", report)).id!;
    return {
      append,
      fill: (reports) => inChunks(reports, append),
      async follow({ received, failed }) {
        const own = connect();
        const worker = new Worker(name, async ({ data }) => received(reportSchema.parse(data)), {
          connection: own,
        });
        worker.on("error", failed).on("failed", (_, error) => failed(error));
        await worker.waitUntilReady();
        return async () => {
          await worker.close();
          await own.quit();
        };
      },
      /** A worker does one after the other; what waits can be looked at by the thousand. */
      async kept({ received }) {
        for (let from = 0; ; from += page) {
          const jobs = await queue.getJobs("waiting", from, from + page - 1, true);
          for (const { data } of jobs) received(reportSchema.parse(data));
          if (jobs.length === 0) return;
        }
      },
      async close() {
        await queue.close();
        await connection.quit();
      },
    };
  },
};
