import { setTimeout as wait } from "node:timers/promises";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import type { Recovery } from "../../resume/recovery.js";
import { recovery as inMemory, serveRecovering } from "./socket.io-recovery.js";

const streamName = "socket.io";

/** The same by Redis Streams, which sessions and what was sent outlive the server in. */
export const recovery: Recovery = {
  async serve({ store, port }) {
    const client = await createClient({ url: `redis://${store}` }).connect();
    let sent = await client.xLen(streamName);
    const server = await serveRecovering(
      port,
      { adapter: createAdapter(client, { streamName, readCount: 1_000 }) },
      async (io, position) => {
        io.emit("position", position);
        // An emit tells nobody when it is kept.
        for (const due = ++sent; (await client.xLen(streamName)) < due; ) await wait(1);
      },
    );
    return {
      ...server,
      async close() {
        await server.close();
        await client.close();
      },
    };
  },
  join: inMemory.join,
};
