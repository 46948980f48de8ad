import { createBus } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { Server } from "socket.io";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startClient, startConnected } from "./actors.js";
import { listen } from "./served-bus.js";

async function startNamespaces(...names: readonly (string | RegExp)[]) {
  const { http, port } = await listen();
  const io = new Server(http);
  onTestFinished(() => io.close());
  const served = names.map((name) => {
    const bus = createBus(behaviourContract);
    return { bus, hub: serve(bus, io.of(name), openAccess) };
  });
  return { io, url: `http://127.0.0.1:${port}`, served };
}

it("serves a bus on a namespace", async () => {
  const { url, served } = await startNamespaces("/air");
  const client = await startConnected(`${url}/air`);
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  served[0]!.bus.emit("number.counted", 1);
  await eventually(() => expect(seen).toEqual([1]));
});

it("serves two buses on two namespaces, also to one client over one connection", async () => {
  const { io, url, served } = await startNamespaces("/air", "/sea");
  const seen: string[] = [];
  for (const name of ["air", "sea"]) {
    const client = await startConnected(`${url}/${name}`, { socket: { forceNew: false } });
    await client.bus.on("note.added", (note) => seen.push(`${name} ${note}`)).ready;
  }
  expect(io.engine.clientsCount).toBe(1);
  served[0]!.bus.emit("note.added", "one");
  served[1]!.bus.emit("note.added", "two");
  await eventually(() => expect([...seen].sort()).toEqual(["air one", "sea two"]));
  expect(served.map(({ hub }) => hub.peers().length)).toEqual([1, 1]);
});

it("has a client of other options, such as who it is, open a connection of its own to another namespace", async () => {
  const { io, url } = await startNamespaces("/air", "/sea");
  const users: unknown[] = [];
  for (const name of ["/air", "/sea"])
    io.of(name).on("connection", ({ handshake }) => users.push(handshake.headers["x-user"]));
  const as = (user: string) => ({ socket: { forceNew: false, extraHeaders: { "x-user": user } } });
  await startConnected(`${url}/air`, as("ann"));
  await startConnected(`${url}/sea`, as("bob"));
  await startConnected(`${url}/sea?room=1`, as("ann"));
  await startConnected(`${url}/sea`, as("ann"));
  expect(users).toEqual(["ann", "bob", "ann", "ann"]);
  expect(io.engine.clientsCount).toBe(3);
});

it("serves a bus on all namespaces of a pattern, text and bytes both ways", async () => {
  const { url, served } = await startNamespaces(/^\/room-\d+$/);
  const { bus, hub } = served[0]!;
  bus.handle("value.echo", (value) => value);
  const seen: string[] = [];
  for (const room of ["room-1", "room-22"]) {
    const client = await startConnected(`${url}/${room}`);
    await client.bus.on("note.added", (note) => seen.push(`${room} ${note.length}`)).ready;
    const large = "x".repeat(5_000);
    expect(await client.bus.request("value.echo", large)).toBe(large);
  }
  for (const length of [1, 5_000]) bus.emit("note.added", "x".repeat(length));
  await eventually(() => expect(seen).toHaveLength(4));
  expect(seen.sort()).toEqual(["room-1 1", "room-1 5000", "room-22 1", "room-22 5000"]);
  expect(hub.peers()).toHaveLength(2);
});

it("denies a client of a namespace that there is not", async () => {
  const { url } = await startNamespaces("/air");
  const client = startClient(`${url}/space`);
  await reaches(client, "closed");
  expect(client.bus.connection.status.reason).toMatchObject({ code: "Denied", message: "Invalid namespace" });
});

it("refuses to serve a namespace twice, until the first hub is closed", async () => {
  const { io, served } = await startNamespaces("/air");
  const other = createBus(behaviourContract);
  expect(() => serve(other, io.of("/air"), openAccess)).toThrow(/serves a bus already/);
  await served[0]!.hub.close();
  const hub = serve(other, io.of("/air"), openAccess);
  expect(hub.peers()).toEqual([]);
});
