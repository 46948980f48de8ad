import { MessageChannel } from "node:worker_threads";
import { type Bus, createBus } from "@eventwire/core";
import { type BehaviourContract, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import type { ClientBus } from "@eventwire/wire";
import { connect, serve } from "@eventwire/worker";
import { describe, expect, it, onTestFinished } from "vitest";
import { openBut, startConnected, startServer } from "./actors.js";
import {
  startClient as startWebSocketClient,
  startServer as startWebSocketServer,
} from "./websocket/actors.js";

interface Codec {
  readonly codec?: "json" | "messagepack";
}
interface Pair {
  readonly server: Bus<BehaviourContract, "server">;
  readonly client: ClientBus<BehaviourContract>;
}

const links: { readonly [link: string]: (server: Codec, client: Codec) => Promise<Pair> } = {
  async "Socket.IO"(server, client) {
    const { bus, url } = await startServer({ serve: openBut(server) });
    return { server: bus, client: (await startConnected(url, client)).bus };
  },
  async WebSocket(server, client) {
    const { bus, url } = await startWebSocketServer(server);
    return { server: bus, client: startWebSocketClient(url, client).bus };
  },
  async "message ports"(server, client) {
    const { port1, port2 } = new MessageChannel();
    const bus = createBus(behaviourContract);
    serve(bus, port1, { ...openAccess, ...server });
    onTestFinished(async () => {
      await bus.close();
      port1.close();
    });
    return { server: bus, client: connect(behaviourContract, port2, client) };
  },
};

const burst = Array.from({ length: 100 }, (_, index) => ({
  station: `station ${index}`,
  celsius: index,
  windy: true,
}));
/** More than a burst takes as MessagePack, and less than it does as JSON. */
const between = 4_000;

/** Sends a burst each way. @returns how many bytes each was. */
async function exchange({ server, client }: Pair) {
  const before = client.connection.counters();
  for (const reading of burst) client.emit("value.changed", reading);
  for (const reading of burst) server.emit("value.changed", reading);
  await client.request("value.echo", "all is there");
  const after = client.connection.counters();
  expect(after.eventsIn - before.eventsIn).toBe(burst.length);
  return { up: after.bytesOut - before.bytesOut, down: after.bytesIn - before.bytesIn };
}

describe.each(Object.entries(links))("over %s", (_, start) => {
  const started = async (server: Codec, client: Codec) => {
    const pair = await start(server, client);
    pair.server.handle("value.echo", (value) => value);
    await pair.client.on("value.changed", () => undefined).ready;
    return pair;
  };

  it.each([
    ["nothing is said of it", {}, {}],
    ["both say so", { codec: "messagepack" }, { codec: "messagepack" }],
  ] as const)("what is larger is MessagePack both ways where %s", async (_, server, client) => {
    const pair = await started(server, client);
    // What reads and writes it is loaded meanwhile.
    let last = await exchange(pair);
    for (let turn = 0; turn < 100 && (last.up > between || last.down > between); turn++)
      last = await exchange(pair);
    expect(last.up).toBeLessThan(between);
    expect(last.down).toBeLessThan(between);
  });

  it.each([
    ["the server", { codec: "json" }, {}],
    ["the client", {}, { codec: "json" }],
  ] as const)("everything is JSON where %s wants nothing else", async (_, server, client) => {
    const pair = await started(server, client);
    for (let turn = 0; turn < 20; turn++) {
      const { up, down } = await exchange(pair);
      expect(up).toBeGreaterThan(between);
      expect(down).toBeGreaterThan(between);
    }
  });
});
