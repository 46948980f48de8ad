import { DeliverPolicy, jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { EventLog } from "../../log/event-log.js";
import { inChunks } from "../../log/in-chunks.js";
import { type Report, reportSchema } from "../../log/reports.js";

const decoder = new TextDecoder();

/** A stream in a file, and an ordered consumer of it. */
export const log: EventLog = {
  async open({ address, name }) {
    const connection = await connect({ servers: address });
    const manager = await jetstreamManager(connection);
    // The same for both ends, and for whoever comes second the one that there is.
    await manager.streams.add({ name, subjects: [name], storage: StorageType.File });
    const client = jetstream(connection);
    const append = async (report: Report) => String((await client.publish(name, JSON.stringify(report))).seq);
    return {
      append,
      fill: (reports) => inChunks(reports, append),
      async follow({ received, failed }) {
        const consumer = await client.consumers.get(name, { deliver_policy: DeliverPolicy.All });
        const messages = await consumer.consume({ max_messages: 1_000 });
        const read = async () => {
          for await (const { data } of messages)
            received(reportSchema.parse(JSON.parse(decoder.decode(data))));
        };
        const reading = read().catch(failed);
        return async () => {
          await messages.close();
          await reading;
        };
      },
      close: () => connection.close(),
    };
  },
};
