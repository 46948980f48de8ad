import { createClient } from "redis";
import type { EventLog } from "../../log/event-log.js";
import { inChunks } from "../../log/in-chunks.js";
import { type Report, reportSchema } from "../../log/reports.js";

/** How much is read at once. */
const page = 1_000;

/** A stream, by a client that pipelines what is asked in one turn. Who follows reads with a connection of its own, and waits there. */
export const log: EventLog = {
  async open({ address, name }) {
    const client = await createClient({ url: `redis://${address}` }).connect();
    const append = (report: Report) => client.xAdd(name, "*", { report: JSON.stringify(report) });
    return {
      append,
      fill: (reports) => inChunks(reports, append),
      async follow({ received, failed }) {
        const reader = await client.duplicate().connect();
        let stopped = false;
        const read = async () => {
          for (let after = "0"; !stopped; ) {
            const streams = await reader.xRead({ key: name, id: after }, { COUNT: page, BLOCK: 0 });
            const messages = streams?.[0]?.messages ?? [];
            for (const { message } of messages) received(reportSchema.parse(JSON.parse(message.report!)));
            after = messages.at(-1)?.id ?? after;
          }
        };
        const reading = read().catch((error: unknown) => {
          if (!stopped) failed(error);
        });
        return async () => {
          stopped = true;
          reader.destroy();
          await reading;
        };
      },
      close: () => client.close(),
    };
  },
};
