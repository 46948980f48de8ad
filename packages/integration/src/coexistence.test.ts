import { connect } from "@eventwire/socket.io-client";
import { behaviourContract } from "@eventwire/testing/behaviour";
import { io as plainClient, type Socket } from "socket.io-client";
import { expect, it, onTestFinished, vi } from "vitest";
import { eventually, openBut, reaches, startClient, startConnected, startServer } from "./actors.js";
import { hello, startRawPeer } from "./raw-peer.js";
import { quickly } from "./served-bus.js";

/** A socket of the application's own. */
function plainSocket(url: string): Socket {
  const socket = plainClient(url, { transports: ["websocket"], forceNew: true, ...quickly });
  onTestFinished(() => void socket.close());
  return socket;
}

it("leaves the application's own events and acknowledgements alone, on the same socket", async () => {
  const server = await startServer();
  server.io.on("connection", (socket) => {
    socket.on("double", (value: number, acknowledge: (value: number) => void) => acknowledge(value * 2));
    socket.on("shout", (text: string) => socket.emit("echo", text.toUpperCase()));
  });
  const socket = plainSocket(server.url);
  const echoes: string[] = [];
  socket.on("echo", (text: string) => echoes.push(text));
  const client = await startConnected(socket);
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  server.bus.emit("number.counted", 1);
  socket.emit("shout", "hello");
  expect(await socket.emitWithAck("double", 21)).toBe(42);
  await eventually(() => expect([seen, echoes]).toEqual([[1], ["HELLO"]]));
});

it("keeps a socket of the application's own usable after the bus on it is closed, and for the next bus", async () => {
  const server = await startServer();
  server.io.on("connection", (socket) => {
    socket.on("double", (value: number, acknowledge: (value: number) => void) => acknowledge(value * 2));
  });
  const socket = plainSocket(server.url);
  for (let round = 0; round < 3; round++) {
    const bus = connect(behaviourContract, socket);
    await bus.on("number.counted", () => undefined).ready;
    expect(server.hub.peers()).toHaveLength(1);
    bus.emit("note.added", "the last words");
    await bus.close();
    await eventually(() => expect(server.hub.peers()).toEqual([]));
    expect(await socket.emitWithAck("double", round)).toBe(round * 2);
  }
  expect(server.hub.counters().eventsIn).toBe(3);
});

it("keeps a socket of the application's own when its peer is denied or disconnected", async () => {
  const server = await startServer({ serve: openBut({ authenticate: () => undefined }) });
  server.io.on("connection", (socket) => {
    socket.on("double", (value: number, acknowledge: (value: number) => void) => acknowledge(value * 2));
  });
  const socket = plainSocket(server.url);
  const client = startClient(socket);
  await reaches(client, "closed");
  expect(client.bus.connection.status.reason!.code).toBe("Denied");
  expect(await socket.emitWithAck("double", 4)).toBe(8);
  // A client that does not say that it keeps its socket loses it; this one, denied before, would have by then.
  const silent = await startRawPeer(server.url);
  silent.send(hello);
  await eventually(() => expect(silent.socket.connected).toBe(false));
  expect(await socket.emitWithAck("double", 5)).toBe(10);
});

it("restores the bus on a socket that the application reconnects", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  const client = await startConnected(socket);
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  socket.disconnect();
  await reaches(client, "reconnecting");
  expect(client.bus.connection.status.reason!.message).toBe("The application disconnected this socket.");
  socket.connect();
  await reaches(client, "connected");
  server.bus.handle("value.echo", (value) => value);
  await client.bus.request("value.echo", 1);
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(seen).toEqual([1]));
});

it("leaves it to the application to connect its socket", async () => {
  const server = await startServer();
  const socket = plainClient(server.url, { transports: ["websocket"], forceNew: true, autoConnect: false });
  onTestFinished(() => void socket.close());
  const client = startClient(socket);
  expect(socket.active).toBe(false);
  expect(client.bus.connection.status).toMatchObject({ state: "connecting", reason: undefined });
  socket.connect();
  await reaches(client, "connected");
});

it("leaves a socket of the application's own disconnected, where the server's application did that", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  const delay = vi.spyOn(socket.io, "reconnectionDelay");
  const client = await startConnected(socket);
  server.io.disconnectSockets();
  await reaches(client, "reconnecting");
  expect(client.bus.connection.status.reason!.message).toBe("The server disconnected this socket.");
  // Nothing waits for its time to connect it.
  expect([socket.active, delay.mock.calls]).toEqual([false, []]);
  socket.connect();
  await reaches(client, "connected");
});

it("gives up another attempt on a socket that the application disconnects meanwhile", async () => {
  const server = await startServer();
  const socket = plainSocket(server.url);
  const client = await startConnected(socket);
  socket.io.reconnectionDelay(0);
  const connect = vi.spyOn(socket, "connect");
  server.hub.peers()[0]!.disconnect("Come again.", { retryable: true });
  await reaches(client, "reconnecting");
  socket.disconnect();
  // The attempt was due at once, long before another client is welcomed.
  await startConnected(server.url);
  expect([socket.active, connect.mock.calls]).toEqual([false, []]);
  socket.connect();
  await reaches(client, "connected");
});

it("goes on with a socket that the application connects with better credentials", async () => {
  const server = await startServer();
  server.io.use((socket, next) =>
    next(socket.handshake.auth.token === "secret" ? undefined : new Error("Wrong token.")),
  );
  const socket = plainSocket(server.url);
  const client = startClient(socket);
  await eventually(() =>
    expect(client.bus.connection.status).toMatchObject({
      state: "connecting",
      reason: { code: "Denied", message: "Wrong token." },
    }),
  );
  socket.auth = { token: "secret" };
  socket.connect();
  await reaches(client, "connected");
});

it("leaves a Socket.IO client alone that speaks no Eventwire", async () => {
  const server = await startServer({ serve: openBut({ authenticate: () => undefined }) });
  const socket = plainSocket(server.url);
  const received: unknown[] = [];
  socket.onAny((...event) => received.push(event));
  server.io.on("connection", (own) =>
    own.on("hi", (acknowledge: (text: string) => void) => acknowledge("hello")),
  );
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  server.bus.emit("number.counted", 1);
  expect(await socket.emitWithAck("hi")).toBe("hello");
  expect(received).toEqual([]);
  expect(server.hub.peers()).toEqual([]);
});

it("lets the application's middleware deny a client, with its reason", async () => {
  const server = await startServer();
  server.io.use((socket, next) =>
    next(socket.handshake.auth.token === "secret" ? undefined : new Error("Wrong token.")),
  );
  const denied = startClient(server.url, { auth: { token: "guess" } });
  const outcome = await denied.bus.request("value.echo", 1).result();
  expect(outcome).toMatchObject({ ok: false, error: { code: "Denied", message: "Wrong token." } });
  expect(denied.bus.connection.status).toMatchObject({
    state: "closed",
    reason: { code: "Denied", message: "Wrong token.", retryable: false },
  });
  await startConnected(server.url, { auth: { token: "secret" } });
});

it("asks for credentials again at each connection, where they come from a function", async () => {
  const server = await startServer({
    serve: openBut({ authenticate: ({ auth }) => ({ id: (auth as { token: string }).token }) }),
  });
  let asked = 0;
  const client = await startConnected(server.url, {
    auth: (give) => give({ token: `token ${++asked}` }),
  });
  expect(server.hub.peers()[0]!.user.id).toBe("token 1");
  server.hub.peers()[0]!.disconnect("Sign in again.", { retryable: true });
  await eventually(() => expect(server.hub.peers()[0]?.user.id).toBe("token 2"));
  expect(client.statuses.map(({ state }) => state)).toContain("reconnecting");
});

it("leaves the application's sockets their own connection, whichever of the two was opened first", async () => {
  const server = await startServer();
  server.io.of("/chat");
  const shared = { socket: { forceNew: false, extraHeaders: { "x-user": "ann" } } };
  const chat = async () => {
    // By Socket.IO's own cache, as an application does that knows of nobody else.
    const socket = plainClient(`${server.url}/chat`, { transports: ["polling"] });
    onTestFinished(() => void socket.close());
    await eventually(() => expect(socket.connected).toBe(true));
    expect(socket.io.opts.extraHeaders).toBeUndefined();
    return socket;
  };
  const opened: unknown[] = [];
  server.io.on("connection", ({ conn, handshake }) =>
    opened.push([conn.transport.name, handshake.headers["x-user"]]),
  );
  const before = await startConnected(server.url, shared);
  await chat();
  await before.bus.close();
  await startConnected(server.url, shared);
  expect(opened).toEqual([
    ["websocket", "ann"],
    ["websocket", "ann"],
  ]);
});
