import { expect, it } from "vitest";
import { eventually, reaches, startClient, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";
import * as webSocket from "./websocket/actors.js";

const seen: string[] = [];

async function served() {
  const server = await startServer();
  server.bus.on("note.added", (note) => seen.push(note));
  return server;
}

async function servedOverWebSocket() {
  const server = await webSocket.startServer();
  server.bus.on("note.added", (note) => seen.push(note));
  return server;
}

it("sends what was emitted before close, however close follows", async () => {
  const server = await startServer();
  const seen: string[] = [];
  server.bus.on("note.added", (note) => seen.push(note));
  const client = await startConnected(server.url);
  const notes = Array.from({ length: 2_000 }, (_, index) => `note ${index}`);
  for (const note of notes) client.bus.emit("note.added", note);
  await client.bus.close();
  await eventually(() => expect(seen).toEqual(notes));
  await eventually(() => expect(server.hub.peers()).toEqual([]));
  expect(client.errors).toEqual([]);
});

it.each([
  ["Socket.IO by WebSocket", async () => startClient((await served()).url)],
  [
    "Socket.IO by polling",
    async () => startClient((await served()).url, { socket: { transports: ["polling"] } }),
  ],
  ["WebSocket", async () => webSocket.startClient((await servedOverWebSocket()).url)],
])("connects before it closes, to send what was emitted, over %s", async (_, start) => {
  seen.length = 0;
  const client = await start();
  client.bus.emit("note.added", "just in time");
  await client.bus.close();
  await eventually(() => expect(seen).toEqual(["just in time"]));
  expect(client.errors).toEqual([]);
});

it.each([
  ["Socket.IO by WebSocket", async () => startConnected((await served()).url)],
  [
    "Socket.IO by polling",
    async () => startConnected((await served()).url, { socket: { transports: ["polling"] } }),
  ],
  ["WebSocket", async () => webSocket.startClient((await servedOverWebSocket()).url)],
])("sends what waits for a link that is full before it closes, over %s", async (_, start) => {
  seen.length = 0;
  const client = await start();
  await reaches(client, "connected");
  const notes = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(50_000));
  for (const note of notes) {
    client.bus.emit("note.added", note);
    await undefined;
  }
  await client.bus.close();
  await eventually(() => expect(seen.length).toBe(notes.length));
  expect(seen).toEqual(notes);
  expect(client.errors).toEqual([]);
});

it.each([
  ["Socket.IO by WebSocket", async () => ({ server: await served(), connect: startClient })],
  [
    "Socket.IO by polling",
    async () => ({
      server: await served(),
      connect: (url: string) => startClient(url, { socket: { transports: ["polling"] } }),
    }),
  ],
  ["WebSocket", async () => ({ server: await servedOverWebSocket(), connect: webSocket.startClient })],
])("sends all peers what the bus emitted before it closed, over %s", async (_, start) => {
  const { server, connect } = await start();
  const client = connect(server.url);
  const heard: string[] = [];
  await client.bus.on("word.said", ({ text }) => heard.push(text)).ready;
  const texts = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(50_000));
  for (const text of texts) {
    server.bus.emit("word.said", { room: "a", text });
    await undefined;
  }
  await server.bus.close();
  await eventually(() => expect(heard.length).toBe(texts.length));
  expect(heard).toEqual(texts);
});

it("can be closed at once while it connects, and tells what it did not send", async () => {
  const server = await startServer();
  const client = startClient(server.url);
  client.bus.emit("note.added", "too soon");
  const answer = client.bus.request("value.echo", 1).result();
  const listening = client.bus.on("number.counted", () => undefined);
  const refused = expect(listening.ready).rejects.toMatchObject({ code: "Closed" });
  await client.bus.close({ drain: 0 });
  expect(await answer).toMatchObject({ ok: false, error: { code: "Closed" } });
  await refused;
  expect(client.errors).toMatchObject([{ code: "Disconnected", about: "note.added" }]);
  expect(client.bus.connection.status.state).toBe("closed");
  expect(() => client.bus.emit("note.added", "x")).toThrow(/closed/);
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
});

it("stays closed", async () => {
  const server = await startServer();
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  const client = await startConnected(proxy.url);
  proxy.cut();
  await reaches(client, "reconnecting");
  await client.bus.close();
  const other = await startConnected(proxy.url);
  expect(server.hub.peers()).toHaveLength(1);
  expect(client.statuses.at(-1)!.state).toBe("closed");
  await other.bus.close();
  await proxy.close();
});

it("lets two clients of one process come and go apart from each other", async () => {
  const server = await startServer();
  const [first, second] = await Promise.all([startConnected(server.url), startConnected(server.url)]);
  const seen: string[] = [];
  await first!.bus.on("number.counted", () => seen.push("first")).ready;
  await second!.bus.on("number.counted", () => seen.push("second")).ready;
  await first!.bus.close();
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(seen).toEqual(["second"]));
});

it("shares one connection among clients of one server where Socket.IO does, and ends it with the last", async () => {
  const server = await startServer();
  const first = await startConnected(server.url, { socket: { forceNew: false } });
  const second = await startConnected(server.url, { socket: { forceNew: false } });
  await first.bus.close();
  server.bus.handle("value.echo", (value) => value);
  expect(await second.bus.request("value.echo", 1)).toBe(1);
  await second.bus.close();
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
});
