import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Client, eventually, startClient, startServer } from "./actors.js";
import {
  startClient as startWebSocketClient,
  startServer as startWebSocketServer,
} from "./websocket/actors.js";

const starts = {
  "Socket.IO": async () => {
    const server = await startServer();
    return { server, client: startClient(server.url), binaryFrames: () => undefined };
  },
  WebSocket: async () => {
    const server = await startWebSocketServer();
    let binary = 0;
    class Counted extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        this.on("message", (_, isBinary) => {
          if (isBinary) binary += 1;
        });
      }
    }
    return {
      server,
      client: startWebSocketClient(server.url, { WebSocket: Counted }),
      binaryFrames: () => binary,
    };
  },
};

const isConnected = ({ state }: Client["statuses"][number]) => state === "connected";

/** What MessagePack has ways of its own for, in objects whose shapes come again and again, and ones that do not. */
const leaf = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 40 }),
);
const value = fc.oneof(
  leaf,
  fc.record({ station: fc.string(), celsius: fc.double(), at: fc.date({ noInvalidDate: true }) }),
  fc.record({ a: leaf, b: fc.record({ c: leaf }) }, { requiredKeys: ["a"] }),
  // That name is dropped, wherever it comes from.
  fc.dictionary(
    fc.string().filter((name) => name !== "__proto__"),
    leaf,
    { maxKeys: 5 },
  ),
  fc.array(leaf, { maxLength: 8 }),
  fc.array(leaf, { maxLength: 5 }).map((items) => new Set(items.map((item) => typeof item))),
  fc.array(fc.tuple(fc.string(), leaf), { maxLength: 5 }).map((items) => new Map(items)),
  fc.constant("x".repeat(3_000)),
);
const bursts = fc.record({
  up: fc.array(value, { maxLength: 150 }),
  down: fc.array(value, { maxLength: 150 }),
  /** Whether the connection is another one from there on. */
  reconnects: fc.boolean(),
});

describe.each(Object.entries(starts))("bursts both ways over %s", (_, start) => {
  it("come whole and in order, whatever is in them, also over further connections", async () => {
    const { server, client, binaryFrames } = await start();
    server.bus.handle("value.echo", (echoed) => echoed);
    const up: unknown[] = [];
    const down: unknown[] = [];
    server.bus.on("value.changed", (changed, { peer }) => {
      if (peer) up.push(changed);
    });
    // Each side hears its own as well.
    const hear = (changed: unknown, { peer }: { readonly peer?: unknown }) =>
      void (peer && down.push(changed));
    await client.bus.on("value.changed", hear, { onGap: () => undefined }).ready;
    const reconnect = async () => {
      const before = client.statuses.filter(isConnected).length;
      for (const peer of server.hub.peers()) peer.disconnect("Come again.", { retryable: true });
      await eventually(() => expect(client.statuses.filter(isConnected).length).toBeGreaterThan(before));
      await client.bus.request("value.echo", "it listens again");
    };
    await fc.assert(
      fc.asyncProperty(fc.array(bursts, { minLength: 1, maxLength: 4 }), async (turns) => {
        for (const turn of turns) {
          if (turn.reconnects) await reconnect();
          up.length = 0;
          down.length = 0;
          for (const one of turn.up) client.bus.emit("value.changed", one);
          for (const one of turn.down) server.bus.emit("value.changed", one);
          await client.bus.request("value.echo", "all is there");
          expect(down).toEqual(turn.down);
          expect(up).toEqual(turn.up);
        }
      }),
      { numRuns: 40 },
    );
    expect(binaryFrames() ?? 1).toBeGreaterThan(0);
    expect([...client.errors, ...server.errors]).toEqual([]);
  });
});
