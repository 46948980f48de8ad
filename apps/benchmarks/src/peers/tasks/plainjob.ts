import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { type Connection, defineQueue, defineWorker } from "plainjob";
import { reportSchema } from "../../log/reports.js";
import type { TaskQueue } from "../../tasks/task-queue.js";

const ignore = () => undefined;
const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/** How often a worker that found nothing looks again, in milliseconds. */
const pollIntervall = 1;

/**
 * Jobs in an SQLite file, added many at a time, done one after the other. By the driver that ours uses, since its own has to be
 * compiled where it is installed. It is told to sync each commit, which it does not by itself.
 */
export const tasks: TaskQueue = {
  async open({ address, name }) {
    const connection = connect(join(address, `${name}.db`));
    const queue = defineQueue({ connection, logger: silent });
    connection.pragma("synchronous = FULL");
    return {
      enqueue: async (reports) => queue.addMany("report", [...reports]),
      async work({ done, failed }) {
        const work = ({ data }: { data: string }) => done(reportSchema.parse(JSON.parse(data)));
        const onFailed = (_: unknown, error: string) => failed(new Error(error));
        const worker = defineWorker("report", work, { queue, pollIntervall, logger: silent, onFailed });
        worker.start().catch(failed);
        return () => worker.stop();
      },
      close: async () => queue.close(),
    };
  },
};

/** What plainjob uses of a driver. */
function connect(filename: string): Connection {
  const db = new DatabaseSync(filename, { timeout: 5_000 });
  const inTransaction =
    (begin: string, work: (...given: unknown[]) => unknown) =>
    (...given: unknown[]) => {
      db.exec(begin);
      try {
        const result = work(...given);
        db.exec("COMMIT");
        return result;
      } catch (error) {
        db.exec("ROLLBACK");
        throw error;
      }
    };
  return {
    driver: "better-sqlite3",
    filename,
    pragma: (statement) => db.exec(`PRAGMA ${statement}`),
    exec: (statement) => db.exec(statement),
    prepare: (statement) => db.prepare(statement),
    transaction: (work: (...given: unknown[]) => unknown) =>
      Object.assign(inTransaction("BEGIN", work), { immediate: inTransaction("BEGIN IMMEDIATE", work) }),
    close: () => db.close(),
  } as Connection;
}
