import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import type { EventLog } from "../../log/event-log.js";
import { type Report, reportSchema } from "../../log/reports.js";

/** How often to look for what another process has inserted, in milliseconds. */
const poll = 10;
/** How much is read at once. */
const page = 1_000;

/** A table with a row an event, each in a transaction of its own. */
export const log: EventLog = {
  async open({ address, name }) {
    const db = new DatabaseSync(join(address, `${name}.db`), { timeout: 5_000 });
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.exec("CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY, report TEXT NOT NULL)");
    const insert = db.prepare("INSERT INTO reports (report) VALUES (?)");
    const select = db.prepare("SELECT number, report FROM reports WHERE number > ? ORDER BY number LIMIT ?");
    const append = async (report: Report) => String(insert.run(JSON.stringify(report)).lastInsertRowid);
    return {
      append,
      async fill(reports) {
        db.exec("BEGIN");
        for (const report of reports) insert.run(JSON.stringify(report));
        db.exec("COMMIT");
      },
      async follow({ received, failed }) {
        let after = 0;
        let timer: NodeJS.Timeout;
        const read = () => {
          try {
            const rows = select.all(after, page) as { number: number; report: string }[];
            for (const { report } of rows) received(reportSchema.parse(JSON.parse(report)));
            after = rows.at(-1)?.number ?? after;
            timer = setTimeout(read, rows.length < page ? poll : 0);
          } catch (error) {
            failed(error);
          }
        };
        read();
        return () => clearTimeout(timer);
      },
      close: async () => db.close(),
    };
  },
};
