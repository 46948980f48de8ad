import { connect } from "@eventwire/socket.io-client";
import { behaviourContract } from "@eventwire/testing/behaviour";
import type { Principal } from "@eventwire/wire";
import { expect, it, onTestFinished } from "vitest";
import {
  type Client,
  eventually,
  openBut,
  reaches,
  startClient,
  startConnected,
  startServer as startPlainServer,
} from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";

/** A client that shares its connection with others of the same options. */
const shared = { socket: { forceNew: false } };

/** A server that counts the connections that were made to it. */
async function startServer(options: Parameters<typeof startPlainServer>[0] = {}) {
  const server = await startPlainServer(options);
  let made = 0;
  server.io.engine.on("connection", () => made++);
  server.bus.handle("value.echo", (value) => value);
  return Object.assign(server, { made: () => made });
}

async function startThree(url: string): Promise<readonly [Client, Client, Client]> {
  const clients = [startClient(url, shared), startClient(url, shared), startClient(url, shared)] as const;
  await Promise.all(clients.map((client) => reaches(client, "connected")));
  return clients;
}

const ids = (client: Client) => client.statuses.map(({ state }) => state);

it("has buses of one URL share a connection, each a peer of its own, until the last has closed", async () => {
  const server = await startServer();
  const clients = await startThree(server.url);
  expect([server.made(), server.hub.peers().length]).toEqual([1, 3]);
  const seen: unknown[] = [];
  for (const [index, { bus }] of clients.entries())
    await bus.on("word.said", ({ text }) => seen.push([index, text]), { key: index }).ready;
  for (const room of [2, 0, 1]) server.bus.emit("word.said", { room, text: `in ${room}` });
  await eventually(() => expect(seen).toHaveLength(3));
  expect(seen.sort()).toEqual([
    [0, "in 0"],
    [1, "in 1"],
    [2, "in 2"],
  ]);
  await clients[0].bus.close();
  await eventually(() => expect(server.hub.peers()).toHaveLength(2));
  expect(await clients[2].bus.request("value.echo", "still here")).toBe("still here");
  await clients[1].bus.close();
  await clients[2].bus.close();
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
  expect(server.made()).toBe(1);
});

it("shares among equal options and credentials alone", async () => {
  const server = await startServer();
  const give = (take: (auth: object) => void) => take({ token: "of a function" });
  const each = [
    { auth: { token: "a", roles: ["x"] } },
    { auth: { token: "a", roles: ["x", "y"] } },
    { auth: { token: "b" } },
    { auth: give },
    { auth: (take: (auth: object) => void) => give(take) },
    {},
  ];
  for (const { auth } of each) await startConnected(server.url, { auth, ...shared });
  expect(server.made()).toBe(6);
  for (const { auth } of each)
    await startConnected(server.url, { auth: typeof auth === "object" ? { ...auth } : auth, ...shared });
  expect(server.made()).toBe(6);
  await startConnected(server.url, { socket: { forceNew: false, extraHeaders: { "x-page": "1" } } });
  await startConnected(server.url, { socket: { forceNew: true } });
  await startConnected(server.url, { socket: { forceNew: false, multiplex: false } });
  expect(server.made()).toBe(9);
  expect(server.hub.peers()).toHaveLength(15);
});

it("keeps the connection of a bus that is closed and opened again at once, connected or not", async () => {
  const server = await startServer();
  const open = () => {
    const bus = connect(behaviourContract, server.url, shared);
    onTestFinished(() => bus.close());
    return bus;
  };
  const mount = () => {
    void open().close();
    return open();
  };
  const bus = mount();
  expect(await bus.request("value.echo", 1)).toBe(1);
  void bus.close();
  expect(await mount().request("value.echo", 2)).toBe(2);
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  expect(server.made()).toBe(1);
});

it("opens a connection anew once the last bus of one has closed, whose cookies may be another user's", async () => {
  const server = await startServer();
  for (const made of [1, 2, 3]) {
    const client = await startConnected(server.url, shared);
    expect(server.made()).toBe(made);
    await client.bus.close();
  }
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
});

it("gives no bus the lane of one of which more may come, however long the network holds it back", async () => {
  const server = await startServer();
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const slow = { socket: { ...shared.socket, timeout: 20_000 } };
  const first = await startConnected(proxy.url, slow);
  const other = await startConnected(proxy.url, slow);
  await first.bus.on("note.added", () => undefined).ready;
  proxy.pause();
  server.bus.emit("note.added", "under way");
  await first.bus.close();
  // Longer than the server is waited for.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const next = startClient(proxy.url, slow);
  await new Promise((resolve) => setTimeout(resolve, 10));
  proxy.resume();
  await reaches(next, "connected");
  expect(await next.bus.request("value.echo", 1)).toBe(1);
  expect([ids(next), ids(other), server.made()]).toEqual([
    ["connecting", "connected"],
    ["connecting", "connected"],
    1,
  ]);
  expect(next.errors).toEqual([]);
  expect(server.hub.counters().refused).toEqual({});
  proxy.cut();
  await reaches(next, "reconnecting");
  expect(await next.bus.request("value.echo", 2)).toBe(2);
});

it.each([0, 20])(
  "gives no bus the credentials of before, also where a connection is under way, and auth takes %i ms",
  async (takes) => {
    const server = await startServer({
      serve: openBut({ authenticate: ({ auth }) => ({ id: (auth as { token: string }).token }) }),
    });
    // Until both have asked.
    server.io.use((_, next) => void setTimeout(next, 100));
    let token = "ann";
    let asked = 0;
    const auth = (give: (data: object) => void) => {
      const data = { token };
      asked++;
      if (takes === 0) give(data);
      else setTimeout(() => give(data), takes);
    };
    const first = startClient(server.url, { auth, ...shared });
    await eventually(() => expect(asked).toBe(1));
    token = "bob";
    const second = startClient(server.url, { auth, ...shared });
    for (const client of [first, second]) await reaches(client, "connected");
    expect(server.hub.peers().map(({ user }) => user.id)).toEqual(["ann", "bob"]);
  },
);

it("takes no more than eight buses on a connection", async () => {
  const server = await startServer();
  const clients = Array.from({ length: 9 }, () => startClient(server.url, shared));
  await Promise.all(clients.map((client) => reaches(client, "connected")));
  expect([server.made(), server.hub.peers().length]).toEqual([2, 9]);
});

it("restores every bus over one connection after a loss", async () => {
  const server = await startServer();
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const clients = await startThree(proxy.url);
  const seen: string[] = [];
  const gaps: string[] = [];
  for (const [index, { bus }] of clients.entries()) {
    const onGap = ({ reason }: { readonly reason: string }) => gaps.push(`${index} ${reason}`);
    await bus.on("note.added", (note) => seen.push(`${index} ${note}`), { onGap }).ready;
  }
  for (let round = 1; round <= 3; round++) {
    proxy.cut();
    await Promise.all(clients.map((client) => reaches(client, "reconnecting")));
    for (const { bus } of clients) await bus.request("value.echo", round);
    server.bus.emit("note.added", `round ${round}`);
    await eventually(() => expect(seen).toHaveLength(3 * round));
    expect(server.made()).toBe(1 + round);
  }
  expect(seen.sort()).toEqual([0, 1, 2].flatMap((index) => [1, 2, 3].map((n) => `${index} round ${n}`)));
  expect(gaps).toHaveLength(9);
});

it("ends one lane alone where the hub sends one peer away for good", async () => {
  const server = await startServer();
  const [first, second] = await startThree(server.url);
  server.hub.peers()[0]!.disconnect("Enough.", { code: "Revoked", retryable: false });
  await reaches(first, "closed");
  expect(first.bus.connection.status.reason!.code).toBe("Revoked");
  expect(await second.bus.request("value.echo", 1)).toBe(1);
  expect([server.made(), server.hub.peers().length]).toEqual([1, 2]);
  // It left a lane for another.
  await startConnected(server.url, shared);
  expect([server.made(), ids(second)]).toEqual([1, ["connecting", "connected"]]);
});

it("has a peer that is sent away for now come back over another connection, and so the next", async () => {
  const server = await startServer();
  const [first, second, third] = await startThree(server.url);
  for (const [client, made] of [
    [first, 2],
    [second, 2],
  ] as const) {
    server.hub.peers()[0]!.disconnect("Come again.", { retryable: true });
    await reaches(client, "reconnecting");
    await reaches(client, "connected");
    expect(server.made()).toBe(made);
  }
  expect(ids(third)).toEqual(["connecting", "connected"]);
  expect(server.io.engine.clientsCount).toBe(2);
  await third.bus.close();
  await eventually(() => expect(server.io.engine.clientsCount).toBe(1));
});

it("comes back where the server's application has disconnected the socket", async () => {
  const server = await startServer();
  const clients = await startThree(server.url);
  server.io.disconnectSockets();
  await Promise.all(clients.map((client) => reaches(client, "reconnecting")));
  await Promise.all(clients.map((client) => reaches(client, "connected")));
  expect([server.made(), server.hub.peers().length]).toEqual([2, 3]);
});

it("hands all buses of a connection over when a hub drains", async () => {
  const server = await startServer();
  const next = await startServer();
  // What stands before both: from now on, the second.
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const clients = await startThree(proxy.url);
  proxy.redirect(next.port);
  await server.hub.drain({ over: 20 });
  await eventually(() => expect(next.hub.peers()).toHaveLength(3));
  for (const { statuses } of clients)
    expect(statuses.find(({ state }) => state === "reconnecting")?.reason?.code).toBe("Draining");
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
  expect(next.made()).toBe(1);
});

it("lets in one bus and denies the one beside it, as the server decides", async () => {
  let asked = 0;
  const server = await startServer({
    serve: openBut({ authenticate: () => (++asked === 2 ? undefined : { id: `user ${asked}` }) }),
  });
  const first = await startConnected(server.url, shared);
  const second = startClient(server.url, shared);
  await reaches(second, "closed");
  expect(second.bus.connection.status.reason!.code).toBe("Denied");
  const third = await startConnected(server.url, shared);
  for (const { bus } of [first, third]) expect(await bus.request("value.echo", 1)).toBe(1);
  expect(server.hub.peers().map(({ user }) => user.id)).toEqual(["user 1", "user 3"]);
  expect(server.made()).toBe(1);
});

it("denies all buses of a connection that the application's middleware refuses, and none that come after", async () => {
  const server = await startServer();
  let open = false;
  server.io.use((_, next) => next(open ? undefined : new Error("Not now.")));
  const clients = [startClient(server.url, shared), startClient(server.url, shared)];
  await Promise.all(clients.map((client) => reaches(client, "closed")));
  for (const { bus } of clients)
    expect(bus.connection.status.reason).toMatchObject({ code: "Denied", message: "Not now." });
  open = true;
  await startConnected(server.url, shared);
});

it("refreshes each bus by itself, and takes a later one to a connection that carries the fresh credentials", async () => {
  let token = 1;
  const authenticate = ({ auth }: { readonly auth?: unknown }): Principal =>
    Object.assign({ id: "ann" }, auth as { readonly token: number });
  const server = await startServer({ serve: openBut({ authenticate }) });
  const auth = (give: (auth: object) => void) => give({ token });
  const clients = [];
  for (let count = 0; count < 2; count++) clients.push(await startConnected(server.url, { auth, ...shared }));
  expect(server.made()).toBe(1);
  token = 2;
  await clients[0]!.bus.connection.refresh();
  const tokens = () => server.hub.peers().map(({ user }) => (user as { readonly token?: number }).token);
  expect(tokens()).toEqual([2, 1]);
  await startConnected(server.url, { auth, ...shared });
  expect([server.made(), tokens()]).toEqual([2, [2, 1, 2]]);
  await startConnected(server.url, { auth, ...shared });
  expect([server.made(), tokens()]).toEqual([2, [2, 1, 2, 2]]);
});

it("has buses whose credentials have expired go over to one other connection", async () => {
  const end = Date.now() + 800;
  const server = await startServer({
    serve: openBut({
      authenticate: (): Principal => ({ id: "ann", expires: Date.now() < end ? end : Infinity }),
      limits: { expiryGrace: 0 },
    }),
  });
  const clients = await startThree(server.url);
  await Promise.all(clients.map((client) => reaches(client, "reconnecting")));
  for (const { statuses } of clients)
    expect(statuses.find(({ state }) => state === "reconnecting")!.reason!.code).toBe("Expired");
  await Promise.all(clients.map((client) => reaches(client, "connected")));
  await eventually(() => expect(server.hub.peers()).toHaveLength(3));
  expect(server.made()).toBe(2);
});
