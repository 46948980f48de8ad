import { attach } from "@eventwire/core/attach";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { io as plainClient } from "socket.io-client";
import { expect, it, onTestFinished } from "vitest";
import { eventually, startConnected, startServer } from "./actors.js";

interface Emitter {
  listeners(event: never): readonly unknown[];
  eventNames?(): readonly (string | symbol)[];
}

/** How many handlers an emitter of Node's or of Socket.IO's has, by event. */
function handlers(emitter: Emitter, events = emitter.eventNames?.() ?? []): Record<string, number> {
  return Object.fromEntries(events.map((event) => [String(event), emitter.listeners(event as never).length]));
}

it("leaves nothing behind of clients that came, listened and went", async () => {
  const server = await startServer();
  server.bus.handle("value.echo", (value) => value);
  const { topics } = attach(server.bus);
  const before = [handlers(server.io.of("/")), handlers(server.io.engine)];
  for (let round = 0; round < 20; round++) {
    const client = await startConnected(server.url);
    client.bus.on("number.counted", () => undefined);
    client.bus.on("note.*", () => undefined);
    await client.bus.on("word.said", () => undefined, { key: `room ${round}` }).ready;
    await client.bus.request("value.echo", round);
    if (round % 2 === 0) await client.bus.close();
    else server.hub.peers()[0]!.disconnect("enough");
    await eventually(() => expect(server.hub.peers()).toEqual([]));
  }
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
  for (const topic of topics.values()) expect(topic.taps ?? [], topic.name).toEqual([]);
  expect([handlers(server.io.of("/")), handlers(server.io.engine)]).toEqual(before);
  expect(server.errors).toEqual([]);
});

it("leaves nothing on a socket of the application's own when its bus is closed", async () => {
  const server = await startServer();
  const socket = plainClient(server.url, { transports: ["websocket"], forceNew: true });
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  const count = () => {
    const { io } = socket;
    return [
      handlers(socket as unknown as Emitter, ["connect", "disconnect", "connect_error", "eventwire"]),
      handlers(io as unknown as Emitter, ["reconnect_failed", "open", "close", "error"]),
      handlers(io.engine as unknown as Emitter, ["drain", "close", "open", "packet"]),
    ];
  };
  const before = count();
  const serverSocket = [...server.io.sockets.sockets.values()][0]!;
  const serverBefore = [handlers(serverSocket), handlers(serverSocket.conn as unknown as Emitter)];
  for (let round = 0; round < 10; round++) {
    const bus = connect(behaviourContract, socket);
    await bus.on("number.counted", () => undefined).ready;
    expect(count()).not.toEqual(before);
    await bus.close();
    await eventually(() => expect(server.hub.peers()).toEqual([]));
  }
  // Once the server has said that the last link is over for it as well.
  await eventually(() => expect(count()).toEqual(before));
  expect([handlers(serverSocket), handlers(serverSocket.conn as unknown as Emitter)]).toEqual(serverBefore);
});

it("leaves nothing on a server when its hub is closed, and serves again", async () => {
  const server = await startServer();
  const plain = plainClient(server.url, { transports: ["websocket"], forceNew: true });
  onTestFinished(() => void plain.close());
  await new Promise<void>((resolve) => plain.on("connect", resolve));
  const serverSocket = [...server.io.sockets.sockets.values()][0]!;
  const client = await startConnected(server.url);
  let hub = server.hub;
  for (let round = 0; round < 3; round++) {
    await hub.close();
    expect(hub.peers()).toEqual([]);
    expect(server.io.of("/").listenerCount("connection")).toBe(0);
    expect(handlers(serverSocket).eventwire).toBeUndefined();
    hub = serve(server.bus, server.io, openAccess);
    await eventually(() => expect(hub.peers()).toHaveLength(1));
  }
  await eventually(() => expect(client.bus.connection.status.state).toBe("connected"));
  expect(plain.connected).toBe(true);
});
