import type { Gap } from "@eventwire/core";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type Client, eventually, openBut, reaches, startConnected, startServer } from "./actors.js";
import { quickly } from "./served-bus.js";
import {
  startClient as startWebSocketClient,
  startServer as startWebSocketServer,
} from "./websocket/actors.js";

const limits = { bufferedBytes: 2_000_000 };
/** What may be on its way to a peer, and the frames that begin below that. */
const onItsWay = 1_000_000 + 500_000;

async function overSocketIo() {
  const server = await startServer({ serve: openBut({ limits }) });
  const socket = io(server.url, { transports: ["websocket"], forceNew: true, ...quickly });
  onTestFinished(() => void socket.close());
  const slow = await startConnected(socket);
  const { ws } = socket.io.engine.transport as unknown as { readonly ws: WebSocket };
  return { server, slow, wire: ws, quick: await startConnected(server.url) };
}

async function overWebSocket() {
  const server = await startWebSocketServer({ limits });
  const made: WebSocket[] = [];
  class Kept extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      made.push(this);
    }
  }
  const connected = async (client: Client) => {
    await reaches(client, "connected");
    return client;
  };
  const slow = await connected(startWebSocketClient(server.url, { WebSocket: Kept }));
  return { server, slow, wire: made[0]!, quick: await connected(startWebSocketClient(server.url)) };
}

describe.each([
  ["Socket.IO", overSocketIo],
  ["WebSocket", overWebSocket],
] as const)("a peer over %s that stops reading", (_, start) => {
  it("costs bounded memory, delays nobody, and gets the newest prices and a gap of the rest", async () => {
    const { server, slow, wire, quick } = await start();
    server.bus.handle("value.echo", (value) => value);
    const heard: { readonly [room: string]: number[] } = { a: [], b: [] };
    const prices = new Map<string, number[]>([
      ["x", []],
      ["y", []],
    ]);
    const gaps: Gap[] = [];
    slow.bus.on("word.said", ({ room, text }) => heard[room]!.push(Number.parseInt(text, 10)), {
      onGap: (gap) => gaps.push(gap),
    });
    await slow.bus.on("price.changed", ({ symbol, amount }) => prices.get(symbol)!.push(amount)).ready;
    let seen = 0;
    await quick.bus.on("word.said", () => {
      seen += 1;
    }).ready;
    const peer = server.hub.peers()[0]!;

    wire.pause();
    const before = peer.counters().bytesOut;
    const emitted = 1_000;
    for (let count = 0; count < emitted; count++) {
      server.bus.emit("word.said", {
        room: count % 2 === 0 ? "a" : "b",
        text: `${count} ${"x".repeat(10_000)}`,
      });
      for (const symbol of prices.keys()) server.bus.emit("price.changed", { symbol, amount: count });
      if (count % 20 === 19) {
        // What is answered comes behind what was emitted.
        await quick.bus.request("value.echo", count);
        expect(seen).toBe(count + 1);
      }
    }
    expect(peer.counters().bytesOut - before).toBeLessThan(onItsWay);
    expect(server.hub.peers()).toHaveLength(2);

    wire.resume();
    await slow.bus.request("value.echo", "all is there");
    const missed = gaps.reduce((sum, gap) => sum + gap.missed!, 0);
    expect(heard.a!.length + heard.b!.length + missed).toBe(emitted);
    expect(new Set(gaps.map(({ name, reason }) => `${name} ${reason}`))).toEqual(
      new Set(["word.said overflow"]),
    );
    expect(new Set(gaps.map(({ key }) => key))).toEqual(new Set(["a", "b"]));
    expect(peer.counters().bytesOut - before).toBeLessThan(onItsWay + limits.bufferedBytes);
    for (const numbers of [heard.a!, heard.b!, ...prices.values()])
      expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    expect([heard.a!.at(-1), heard.b!.at(-1)]).toEqual([emitted - 2, emitted - 1]);
    for (const amounts of prices.values()) {
      expect(amounts.at(-1)).toBe(emitted - 1);
      // What left before it stopped, then the one that waited.
      expect(amounts.slice(0, -1)).toEqual(Array.from({ length: amounts.length - 1 }, (_, index) => index));
      expect(amounts.length).toBeLessThan(emitted / 2);
    }

    // It is as any other peer again.
    server.bus.emit("word.said", { room: "a", text: `${emitted}` });
    await eventually(() => expect(heard.a!.at(-1)).toBe(emitted));
    expect(slow.statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
    expect([...slow.errors, ...quick.errors, ...server.errors]).toEqual([]);
  });
});
