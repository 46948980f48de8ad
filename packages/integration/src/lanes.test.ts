import { connect } from "@eventwire/socket.io-client";
import { behaviourContract } from "@eventwire/testing/behaviour";
import { decodeFrame, encodeFrame, encodeMessage, type WireMessage } from "@eventwire/wire";
import { io as plainClient, type Socket } from "socket.io-client";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startClient, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";
import { hello, startRawPeer } from "./raw-peer.js";
import { quickly, type ServedBus } from "./served-bus.js";

const shared = { socket: { forceNew: false } };

function plainSocket(url: string): Socket {
  const socket = plainClient(url, { transports: ["websocket"], forceNew: true, ...quickly });
  onTestFinished(() => void socket.close());
  return socket;
}

/** Makes a server one that knows no lanes: it says nothing of them, and takes every frame for the one link's. */
function forgetLanes(server: Pick<ServedBus<typeof behaviourContract, never>, "io">): void {
  server.io.use((socket, next) => {
    socket.conn.on("packetCreate", (packet: { type: string; data?: string | Uint8Array }) => {
      if (packet.data?.toString().startsWith('2["eventwire:lanes"')) packet.type = "noop";
    });
    socket.use((packet, go) => {
      packet.length = packet[0] === "eventwire" ? 2 : 1;
      go();
    });
    next();
  });
}

it("carries several buses on a socket of the application's own, beside its own events", async () => {
  const server = await startServer();
  server.io.on("connection", (socket) => {
    socket.on("double", (value: number, acknowledge: (value: number) => void) => acknowledge(value * 2));
  });
  const socket = plainSocket(server.url);
  const clients = [startClient(socket), startClient(socket), startClient(socket)];
  const seen: string[] = [];
  for (const [index, { bus }] of clients.entries())
    await bus.on("note.added", (note) => seen.push(`${index} ${note}`)).ready;
  const large = "x".repeat(50_000);
  for (const note of ["small", large]) server.bus.emit("note.added", note);
  await eventually(() => expect(seen).toHaveLength(6));
  expect(seen.sort()).toEqual([0, 1, 2].flatMap((index) => [`${index} small`, `${index} ${large}`]));
  expect(await socket.emitWithAck("double", 21)).toBe(42);
  await clients[0]!.bus.close();
  await eventually(() => expect(server.hub.peers()).toHaveLength(2));
  socket.disconnect().connect();
  for (const client of clients.slice(1)) await reaches(client, "connected");
  await eventually(() => expect(server.hub.peers()).toHaveLength(2));
  for (const { bus } of clients) await bus.close();
  await eventually(() => expect(server.hub.peers()).toHaveLength(0));
  expect(await socket.emitWithAck("double", 4)).toBe(8);
});

it("carries several buses again on a socket that has carried none for a while", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  for (let round = 0; round < 3; round++) {
    const clients = await Promise.all([startConnected(socket), startConnected(socket)]);
    expect(server.hub.peers()).toHaveLength(2);
    for (const { bus } of clients) await bus.close();
    await eventually(() => expect(socket.listeners("eventwire")).toEqual([]));
  }
});

it("gives a bus one link where the application makes it, or another, as it hears that its socket is connected", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  server.bus.handle("value.echo", (value) => value);
  const seen: string[] = [];
  let own: ReturnType<typeof startClient> | undefined;
  socket.on("connect", () => {
    void own?.bus.close();
    own = startClient(socket);
    own.bus.on("note.added", (note) => seen.push(note));
  });
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  const other = await startConnected(socket);
  for (let round = 1; round <= 3; round++) {
    socket.io.engine.close();
    await reaches(other, "reconnecting");
    await reaches(other, "connected");
    await reaches(own!, "connected");
    // Whoever was to be given a second link would have it by now.
    for (const { bus } of [own!, other, own!]) await bus.request("value.echo", round);
    expect(server.hub.peers()).toHaveLength(2);
    await own!.bus.on("number.counted", () => undefined).ready;
    server.bus.emit("note.added", `${round}`);
    await eventually(() => expect(seen).toHaveLength(round));
  }
  await own!.bus.request("value.echo", 0);
  expect(seen).toEqual(["1", "2", "3"]);
});

it("refuses a ninth bus on a socket, until another has closed", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  const clients = await Promise.all(Array.from({ length: 8 }, () => startConnected(socket)));
  expect(() => connect(behaviourContract, socket)).toThrow(/carries 8 buses already/);
  await clients[3]!.bus.close();
  await startConnected(socket);
  expect(server.hub.peers()).toHaveLength(8);
});

it("gives each bus a connection of its own where a server knows no lanes", async () => {
  const server = await startServer();
  forgetLanes(server);
  let made = 0;
  server.io.engine.on("connection", () => made++);
  server.bus.handle("value.echo", (value) => value);
  const clients = [1, 2, 3].map(() => startClient(server.url, shared));
  for (const [index, { bus }] of clients.entries())
    expect(await bus.request("value.echo", index)).toBe(index);
  await startConnected(server.url, shared);
  expect([made, server.hub.peers().length]).toEqual([4, 4]);
  for (const { statuses } of clients)
    expect(statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
  for (const { bus } of clients) await bus.close();
  await eventually(() => expect(server.io.engine.clientsCount).toBe(1));
});

it("says so on a socket of the application's own, where the second bus waits until the first has closed", async () => {
  const server = await startServer();
  forgetLanes(server);
  const socket = plainSocket(server.url);
  const first = await startConnected(socket);
  const second = startClient(socket);
  expect(second.bus.connection.status).toMatchObject({
    state: "connecting",
    reason: {
      code: "Unavailable",
      message: /carries no further bus on this socket/ as unknown,
      retryable: true,
    },
  });
  await first.bus.close();
  await reaches(second, "connected");
  expect(server.hub.peers()).toHaveLength(1);
});

it("says how many lanes there are before its first frame, also where what sockets emit is published first", async () => {
  const server = await startServer();
  // As an adapter of a cluster does, where connections are to be recovered.
  server.io.use((socket, next) => {
    const { emit } = socket;
    socket.emit = (event, ...values) => {
      setTimeout(() => emit.call(socket, event, ...values), 10);
      return true;
    };
    next();
  });
  const clients = [startClient(server.url, shared), startClient(server.url, shared)];
  for (const client of clients) await reaches(client, "connected");
  expect([server.io.engine.clientsCount, server.hub.peers().length]).toEqual([1, 2]);
});

it("learns anew over each connection whether its server knows lanes, for the next may be an older one", async () => {
  const server = await startServer();
  const older = await startServer();
  forgetLanes(older);
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const clients = [1, 2, 3].map(() => startClient(proxy.url, shared));
  await Promise.all(clients.map((client) => reaches(client, "connected")));
  proxy.redirect(older.port);
  proxy.cut();
  await Promise.all(clients.map((client) => reaches(client, "reconnecting")));
  await Promise.all(clients.map((client) => reaches(client, "connected")));
  expect([older.hub.peers().length, older.io.engine.clientsCount]).toEqual([3, 3]);
  expect(older.hub.counters().refused).toEqual({});
});

it("makes no more than eight peers of a socket, whatever lanes it names", async () => {
  const server = await startServer();
  const { socket } = await startRawPeer(server.url);
  const greeting = encodeFrame([encodeMessage(hello)]);
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 1.5, 2 ** 40, 1e308];
  for (const lane of lanes.slice(8)) socket.emit("eventwire:end", lane);
  // What is no number is of no lane of its own.
  for (const lane of [...lanes, "1", null, {}, [2], "constructor"]) socket.emit("eventwire", greeting, lane);
  await eventually(() => expect(server.hub.peers()).toHaveLength(8));
  // What came before it was taken.
  const answer = new Promise((resolve) => socket.on("eventwire", (_, lane) => lane === 7 && resolve(lane)));
  socket.emit("eventwire", encodeFrame([encodeMessage(["ping"])]), 7);
  await answer;
  expect(server.hub.peers()).toHaveLength(8);
  expect(socket.connected).toBe(true);
});

it("keeps the lanes of a socket apart: what one does wrong, or its end, is no other's", async () => {
  const server = await startServer();
  const { socket } = await startRawPeer(server.url);
  const heard: unknown[] = [];
  socket.on("eventwire:end", (lane?: number) => heard.push(["end", lane ?? 0]));
  socket.on("eventwire", (frame: readonly unknown[], lane = 0) => {
    for (const message of decodeFrame(JSON.stringify(frame))) heard.push([lane, (message as WireMessage)[0]]);
  });
  const send = (lane: number, message: WireMessage) =>
    socket.emit("eventwire", encodeFrame([encodeMessage(message)]), lane);
  for (const lane of [3, 5]) send(lane, hello);
  await eventually(() =>
    expect(heard).toEqual([
      [3, "welcome"],
      [5, "welcome"],
    ]),
  );
  heard.length = 0;
  for (const frame of ["no frame", Uint8Array.of(0xc1), [["event"]]]) socket.emit("eventwire", frame, 5);
  socket.emit("eventwire:end", 5);
  await eventually(() => expect(heard.at(-1)).toEqual(["end", 5]));
  expect(heard.filter((one) => (one as readonly unknown[])[0] === 3)).toEqual([]);
  expect(server.hub.peers()).toHaveLength(1);
  send(5, hello);
  await eventually(() => expect(server.hub.peers()).toHaveLength(2));
});

it("says nothing of lanes to a socket that speaks no frames", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  const heard: unknown[] = [];
  socket.onAny((event) => heard.push(event));
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  await socket.emitWithAck("eventwire:on", "number.counted", {});
  expect(heard).toEqual([]);
});
