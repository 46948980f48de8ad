import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { reportSchema } from "../../log/reports.js";
import type { TaskQueue } from "../../tasks/task-queue.js";

/** How many jobs a worker has under way at once. */
const concurrency = 200;

/** Jobs in Redis, added in bulk and deleted once they are done. The order by key is one that only its paid edition has. */
export const tasks: TaskQueue = {
  async open({ address, name }) {
    const connect = () => new Redis(`redis://${address}`, { maxRetriesPerRequest: null });
    const connection = connect();
    const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
    await queue.waitUntilReady();
    return {
      enqueue: (reports) => queue.addBulk(reports.map((data) => ({ name: "report", data }))),
      async work({ done, failed }) {
        const own = connect();
        const work = async ({ data }: { data: unknown }) => done(reportSchema.parse(data));
        const worker = new Worker(name, work, { connection: own, concurrency });
        worker.on("error", failed).on("failed", (_, error) => failed(error));
        await worker.waitUntilReady();
        return async () => {
          await worker.close();
          await own.quit();
        };
      },
      async close() {
        await queue.close();
        await connection.quit();
      },
    };
  },
};
