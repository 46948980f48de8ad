import { serve } from "@eventwire/socket.io";
import { openAccess } from "@eventwire/testing/behaviour";
import { expect, it } from "vitest";
import { type Client, eventually, openBut, reaches, startConnected, startServer } from "./actors.js";

/** A server that takes each client for the user that it says it is. */
const startTrusting = () =>
  startServer({
    serve: openBut({ authenticate: ({ auth }) => ({ id: (auth as { user: string }).user }) }),
  });

async function listeningAs(url: string, user: string, seen: string[]): Promise<Client> {
  const client = await startConnected(url, { auth: { user } });
  await client.bus.on("note.added", (note) => seen.push(`${user} ${note}`)).ready;
  return client;
}

it("addresses one peer, and every connection of one user", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  for (const user of ["ann", "ann", "bob"]) await listeningAs(server.url, user, seen);
  const [first] = server.hub.peers();
  expect(server.hub.to(first!).emit("note.added", "to one")).toBe(1);
  expect(server.hub.to({ user: "ann" }).emit("note.added", "to ann")).toBe(2);
  expect(server.hub.to({ user: "nobody" }).emit("note.added", "to nobody")).toBe(0);
  server.bus.emit("note.added", "to all");
  await eventually(() =>
    expect([...seen].sort()).toEqual([
      "ann to all",
      "ann to all",
      "ann to ann",
      "ann to ann",
      "ann to one",
      "bob to all",
    ]),
  );
});

it("addresses those alone who listen, to that key", async () => {
  const server = await startTrusting();
  const client = await startConnected(server.url, { auth: { user: "ann" } });
  const seen: string[] = [];
  await client.bus.on("word.said", ({ text }) => seen.push(text), { key: "a" }).ready;
  const ann = server.hub.to({ user: "ann" });
  expect(ann.emit("note.added", "nobody listens")).toBe(0);
  expect(ann.emit("word.said", { room: "b", text: "in b" })).toBe(0);
  expect(ann.emit("word.said", { room: "a", text: "in a" })).toBe(1);
  await eventually(() => expect(seen).toEqual(["in a"]));
});

it("reaches no listener of the server by addressing a peer", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  await listeningAs(server.url, "ann", seen);
  server.bus.on("note.added", (note) => seen.push(`server ${note}`));
  server.hub.to({ user: "ann" }).emit("note.added", "x");
  await eventually(() => expect(seen).toEqual(["ann x"]));
});

it("answers a handler's peer alone", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  const [ann] = [await listeningAs(server.url, "ann", seen), await listeningAs(server.url, "bob", seen)];
  server.bus.handle("value.echo", (value, { peer }) => {
    server.hub.to(peer!).emit("note.added", "just for you");
    return value;
  });
  await ann!.bus.request("value.echo", 1);
  await eventually(() => expect(seen).toEqual(["ann just for you"]));
});

it("lists who is connected, with who it is, by what and since when", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  const before = Date.now();
  const client = await listeningAs(server.url, "ann", seen);
  const [peer] = server.hub.peers();
  expect(peer).toMatchObject({
    user: { id: "ann" },
    facts: { transport: "websocket", auth: { user: "ann" } },
  });
  expect(peer!.since).toBeGreaterThanOrEqual(before);
  expect(peer!.since).toBeLessThanOrEqual(Date.now());
  await client.bus.close();
  await eventually(() => expect(server.hub.peers()).toEqual([]));
});

it("names the transport that polling was upgraded to", async () => {
  const server = await startTrusting();
  await startConnected(server.url, {
    auth: { user: "ann" },
    socket: { transports: ["polling", "websocket"] },
  });
  await eventually(() => expect(server.hub.peers()[0]!.facts.transport).toBe("websocket"));
});

it("disconnects a peer for good, and tells it why", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  const ann = await listeningAs(server.url, "ann", seen);
  const bob = await listeningAs(server.url, "bob", seen);
  const peer = server.hub.peers().find(({ user }) => user.id === "ann")!;
  peer.disconnect("Your session has ended.", { code: "SignedOut" });
  await reaches(ann, "closed");
  expect(ann.bus.connection.status.reason).toEqual({
    code: "SignedOut",
    message: "Your session has ended.",
    retryable: false,
  });
  await expect(ann.bus.request("value.echo", 1)).rejects.toThrow("Your session has ended.");
  await eventually(() => expect(server.io.engine.clientsCount).toBe(1));
  server.bus.emit("note.added", "one");
  await eventually(() => expect(seen).toEqual(["bob one"]));
  expect(bob.statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
});

it("lets a peer come back that may", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  const ann = await listeningAs(server.url, "ann", seen);
  server.bus.handle("value.echo", (value) => value);
  const [peer] = server.hub.peers();
  peer!.disconnect("Come again.", { code: "Moved", retryable: true });
  await reaches(ann, "reconnecting");
  expect(ann.statuses[2]!.reason).toMatchObject({ code: "Moved", message: "Come again." });
  await ann.bus.request("value.echo", 1);
  server.bus.emit("note.added", "again");
  await eventually(() => expect(seen).toEqual(["ann again"]));
  expect(server.hub.peers()[0]!.id).not.toBe(peer!.id);
});

it("tells every peer that it closes, and serves them again after", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  const clients = [await listeningAs(server.url, "ann", seen), await listeningAs(server.url, "bob", seen)];
  const told = clients.map((client) => reaches(client, "reconnecting"));
  await server.hub.close();
  await Promise.all(told);
  for (const { statuses } of clients) {
    expect(statuses.find(({ state }) => state === "reconnecting")!.reason).toEqual({
      code: "Closed",
      message: "The server closes.",
      retryable: true,
    });
  }
  const hub = serve(server.bus, server.io, openAccess);
  await eventually(() => expect(hub.peers()).toHaveLength(2));
  await eventually(() => {
    seen.length = 0;
    server.bus.emit("note.added", "again");
    expect(hub.to({ user: "anybody" }).emit("note.added", "x")).toBe(2);
  });
  await eventually(() => expect(seen).toContain("ann again"));
});

it("counts what crosses, for each peer and in all", async () => {
  const server = await startTrusting();
  const seen: string[] = [];
  const ann = await listeningAs(server.url, "ann", seen);
  await listeningAs(server.url, "bob", seen);
  const before = server.hub.counters();
  for (let count = 0; count < 10; count++) server.bus.emit("note.added", `note ${count}`);
  ann.bus.emit("note.added", "from ann");
  await eventually(() => expect(seen).toHaveLength(22));
  const after = server.hub.counters();
  expect(after.eventsOut - before.eventsOut).toBe(21);
  expect(after.eventsIn - before.eventsIn).toBe(1);
  // Ten events of one turn are one frame to each; the last is one more to bob.
  expect(after.framesOut - before.framesOut).toBe(3);
  const peers = server.hub.peers().map((peer) => peer.counters());
  for (const name of ["framesIn", "framesOut", "bytesIn", "bytesOut", "eventsIn", "eventsOut"] as const) {
    expect(
      peers.reduce((sum, counters) => sum + counters[name], 0),
      name,
    ).toBe(after[name]);
  }
  const { bytesIn, bytesOut, eventsIn } = ann.bus.connection.counters();
  const [atServer] = peers;
  expect([bytesIn, bytesOut, eventsIn]).toEqual([atServer!.bytesOut, atServer!.bytesIn, 10]);
});
