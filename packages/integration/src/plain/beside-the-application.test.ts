import { createBus, defineContract, event } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { expect, it } from "vitest";
import { eventually, openBut, startConnected, startServer } from "../actors.js";
import { startPlainClient } from "./plain-client.js";

type Answer = (value: unknown) => void;

it("leaves to the application what it handles itself", async () => {
  const server = await startServer();
  const heard: unknown[] = [];
  server.bus.on("note.added", (text) => heard.push(text));
  server.io.on("connection", (socket) => {
    socket.on("note.added", (text: string, answer: Answer) => answer(`mine: ${text}`));
    socket.on("double", (value: number, answer: Answer) => answer(value * 2));
  });
  const plain = await startPlainClient(server.url);
  expect(await plain.socket.emitWithAck("note.added", "x")).toBe("mine: x");
  expect(await plain.socket.emitWithAck("double", 2)).toBe(4);
  expect([heard, server.hub.peers()]).toEqual([[], []]);
  expect(await plain.say("value.changed", 1)).toEqual([null, null]);
});

it("leaves to the application what it comes to handle itself", async () => {
  const server = await startServer();
  const heard: unknown[] = [];
  server.bus.on("note.added", (text) => heard.push(text));
  const plain = await startPlainClient(server.url);
  expect(await plain.say("note.added", "x")).toEqual([null, null]);
  for (const socket of server.io.sockets.sockets.values()) {
    socket.on("note.added", (_: string, answer: Answer) => answer("mine"));
  }
  expect(await plain.socket.emitWithAck("note.added", "y")).toBe("mine");
  expect(heard).toEqual(["x"]);
});

it("comes after the application's middleware", async () => {
  const server = await startServer();
  const heard: unknown[] = [];
  server.bus.on("note.added", (text) => heard.push(text));
  server.io.on("connection", (socket) =>
    socket.use(([, text], next) => next(text === "rude" ? new Error("no") : undefined)),
  );
  const plain = await startPlainClient(server.url);
  plain.socket.emit("note.added", "rude");
  expect(await plain.say("note.added", "kind")).toEqual([null, null]);
  expect(heard).toEqual(["kind"]);
});

it("shares a socket with a bus of Eventwire, as another peer", async () => {
  const server = await startServer();
  const plain = await startPlainClient(server.url);
  const client = await startConnected(plain.socket);
  await plain.say("eventwire:on", "note.added", {});
  expect(server.hub.peers()).toHaveLength(2);
  const seen: string[] = [];
  await client.bus.on("note.added", (text) => seen.push(text)).ready;
  client.bus.emit("note.added", "by the bus");
  await plain.say("note.added", "plain");
  await eventually(() => expect(seen).toEqual(["by the bus", "plain"]));
  await client.bus.close();
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  server.bus.emit("note.added", "last");
  const notes = () => plain.received.filter(([name]) => name === "note.added").map(([, data]) => data);
  await eventually(() => expect(notes()).toEqual(["by the bus", "last"]));
});

it("leaves no trace on a socket whose hub has closed, and serves it with the next", async () => {
  const server = await startServer();
  const plain = await startPlainClient(server.url);
  const [socket] = server.io.sockets.sockets.values();
  await server.hub.close();
  expect([socket!.listenersAny(), socket!.listenerCount("disconnect")]).toEqual([[], 0]);
  const other = createBus(server.bus.contract);
  const hub = serve(other, server.io, openBut({}));
  expect(await plain.say("eventwire:on", "number.counted", {})).toEqual([null, null]);
  other.emit("number.counted", 5);
  await eventually(() => expect(plain.received).toMatchObject([["number.counted", 5, {}]]));
  await hub.close();
});

it("is of one namespace", async () => {
  const server = await startServer();
  const contract = defineContract({
    "tick.done": event(server.bus.contract.definitions["number.counted"].schema),
  });
  const bus = createBus(contract);
  const hub = serve(bus, server.io.of("/clock"), {
    authenticate: () => ({ id: "x" }),
    allow: { listen: { "*": true } },
  });
  const plain = await startPlainClient(`${server.url}/clock`);
  expect(await plain.say("eventwire:on", "tick.done", {})).toEqual([null, null]);
  expect(await plain.say("eventwire:on", "number.counted", {})).toMatchObject([
    { code: "Unsupported" },
    null,
  ]);
  bus.emit("tick.done", 1);
  await eventually(() => expect(plain.received).toMatchObject([["tick.done", 1, {}]]));
  await hub.close();
});

it("hears nobody who came by a script element, for which browsers send no origin", async () => {
  let asked = 0;
  const authenticate = () => {
    asked += 1;
    return { id: "a victim, by cookie" };
  };
  const server = await startServer({ serve: openBut({ authenticate }) });
  const address = `${server.url}/socket.io/?EIO=4&transport=polling&j=0`;
  const opened = await (await fetch(address)).text();
  const sid = /sid\\":\\"([^\\]+)/.exec(opened)![1];
  const post = (packet: string) =>
    fetch(`${address}&sid=${sid}`, { method: "POST", body: new URLSearchParams({ d: packet }) });
  await post("40");
  await eventually(() => expect(server.io.of("/").sockets.size).toBe(1));
  // The connection is cut, perhaps before this is answered.
  await Promise.allSettled([post('42["eventwire:on","number.counted",{}]')]);
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
  expect(asked).toBe(0);
});

it("bounds how often one connection makes the server authenticate", async () => {
  let asked = 0;
  const authenticate = () => {
    asked += 1;
    return new Promise<undefined>(() => undefined);
  };
  const server = await startServer({ serve: openBut({ authenticate }) });
  server.io.of("/other");
  const { socket } = await startPlainClient(server.url);
  // It keeps the connection, of which the main namespace is entered again and again.
  const other = socket.io.socket("/other");
  await eventually(() => expect(other.connected).toBe(true));
  for (let round = 0; round < 100 && other.connected; round++) {
    socket.emit("eventwire:on", "number.counted", {});
    await eventually(() => expect(asked > round || !other.connected).toBe(true));
    socket.disconnect();
    await eventually(() => expect(server.io.of("/").sockets.size).toBe(0));
    socket.connect();
    await eventually(() => expect(socket.connected || !other.connected).toBe(true));
  }
  expect([asked, other.connected]).toEqual([10, false]);
});
