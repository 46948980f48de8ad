import { join } from "node:path";
import { createBus, defineContract, event } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";
import type { EventLog } from "../log/event-log.js";
import { inChunks } from "../log/in-chunks.js";
import { type Report, reportSchema } from "../log/reports.js";

const contract = defineContract({
  "flight.reported": event(reportSchema, { delivery: "durable" }),
});

/** Durable events in one file: its receipt says that it survives a loss of power. */
export const log: EventLog = {
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
    const append = async (report: Report) => String((await bus.emit("flight.reported", report)).offset);
    return {
      append,
      fill: (reports) => inChunks(reports, append),
      async follow({ received, failed }) {
        tell = failed;
        const stop = bus.on("flight.reported", received, {
          since: "start",
          onGap: ({ reason }) => failed(new Error(`There is a gap: ${reason}.`)),
        });
        await stop.ready;
        return stop;
      },
      close: () => bus.close(),
    };
  },
};
