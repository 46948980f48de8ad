import { systemRuntime } from "@eventwire/core";
import type { Status } from "@eventwire/wire";
import { statuses as statusesOf } from "@eventwire/wire/rxjs";
import { Server } from "socket.io";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startClient, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";
import { listen } from "./served-bus.js";

async function startBehindProxy() {
  const server = await startServer();
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  return { server, proxy };
}

it("restores listeners after a lost connection, each with its key", async () => {
  const { server, proxy } = await startBehindProxy();
  const client = await startConnected(proxy.url);
  const seen: unknown[] = [];
  const listenings = [
    client.bus.on("number.counted", (count) => seen.push(count)),
    client.bus.on("word.said", ({ text }) => seen.push(text), { key: "a" }),
    client.bus.on("word.said", ({ text }) => seen.push(text), { key: 7 }),
  ];
  for (const { ready } of listenings) await ready;
  server.bus.handle("value.echo", (value) => value);
  for (let round = 0; round < 3; round++) {
    seen.length = 0;
    proxy.cut();
    await reaches(client, "reconnecting");
    // What was listened to is asked for first, so once this is answered it is in force.
    await client.bus.request("value.echo", round);
    server.bus.emit("number.counted", round);
    server.bus.emit("word.said", { room: "a", text: "in a" });
    server.bus.emit("word.said", { room: "b", text: "in b" });
    server.bus.emit("word.said", { room: 7, text: "in 7" });
    server.bus.emit("word.said", { room: "7", text: "in another 7" });
    await client.bus.request("value.echo", round);
    expect(seen).toEqual([round, "in a", "in 7"]);
  }
});

it("does not restore what was stopped while there was no connection", async () => {
  const { server, proxy } = await startBehindProxy();
  const client = await startConnected(proxy.url);
  const seen: unknown[] = [];
  const listening = client.bus.on("number.counted", (count) => seen.push(count));
  await listening.ready;
  server.bus.handle("value.echo", (value) => value);
  proxy.cut();
  await reaches(client, "reconnecting");
  listening();
  await client.bus.request("value.echo", 1);
  server.bus.emit("number.counted", 1);
  await client.bus.request("value.echo", 2);
  expect(seen).toEqual([]);
});

it("tells its status, with the reason, to watchers and as an Observable", async () => {
  const { proxy } = await startBehindProxy();
  const client = startClient(proxy.url);
  const observed: Status[] = [];
  let completed = false;
  statusesOf(client.bus.connection).subscribe({
    next: (status) => observed.push(status),
    complete: () => {
      completed = true;
    },
  });
  await reaches(client, "connected");
  proxy.cut();
  await reaches(client, "reconnecting");
  await reaches(client, "connected");
  await client.bus.close();
  expect(client.statuses.map(({ state }) => state)).toEqual([
    "connecting",
    "connected",
    "reconnecting",
    "connected",
    "closed",
  ]);
  expect(client.statuses[2]!.reason).toEqual({
    code: "Lost",
    message: "The connection was lost.",
    retryable: true,
  });
  expect(client.statuses[4]!.reason).toMatchObject({ code: "Closed", retryable: false });
  expect(observed).toEqual(client.statuses);
  expect(completed).toBe(true);
});

it("rejects requests that were under way at a cut, and answers those asked after it", async () => {
  const { server, proxy } = await startBehindProxy();
  const client = await startConnected(proxy.url);
  let begun = 0;
  let aborted = 0;
  server.bus.handle("value.echo", (value, { signal }) => {
    if (value === "later") return value;
    begun += 1;
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        aborted += 1;
        resolve("too late");
      });
    });
  });
  const underWay = [1, 2].map((value) => client.bus.request("value.echo", value).result());
  await eventually(() => expect(begun).toBe(2));
  proxy.cut();
  await reaches(client, "reconnecting");
  const asked = client.bus.request("value.echo", "later");
  for (const outcome of await Promise.all(underWay)) {
    expect(outcome).toMatchObject({ ok: false, error: { code: "Disconnected", retryable: true } });
  }
  expect(await asked).toBe("later");
  await eventually(() => expect(aborted).toBe(2));
  expect(begun).toBe(2);
});

it("finds a server that was restarted on the same port", async () => {
  const first = await startServer();
  const client = await startConnected(first.url);
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  await first.close();
  await reaches(client, "reconnecting");
  expect(client.bus.connection.status.reason).toMatchObject({
    code: "Closed",
    message: "The server closes.",
  });
  const second = await startServer({ port: first.port });
  second.bus.handle("value.echo", (value) => value);
  await client.bus.request("value.echo", 1);
  second.bus.emit("number.counted", 2);
  await eventually(() => expect(seen).toEqual([2]));
});

it("finds a server that is started only later", async () => {
  const { http, port } = await listen();
  await new Promise((resolve) => http.close(resolve));
  const client = startClient(`http://127.0.0.1:${port}`);
  const listening = client.bus.on("number.counted", () => undefined);
  await eventually(() => {
    const { state, reason } = client.bus.connection.status;
    expect(state).toBe("connecting");
    expect(reason).toMatchObject({ code: "ConnectFailed", retryable: true });
    expect(reason!.message).toMatch(/could not be reached/);
  });
  const server = await startServer({ port });
  await listening.ready;
  expect(server.hub.peers()).toHaveLength(1);
  expect(client.errors).toEqual([]);
});

it("gives up after as many attempts as Socket.IO was told to make", async () => {
  const { http, port } = await listen();
  await new Promise((resolve) => http.close(resolve));
  const client = startClient(`http://127.0.0.1:${port}`, { socket: { reconnectionAttempts: 2 } });
  const outcome = await client.bus.request("value.echo", 1).result();
  expect(outcome).toMatchObject({ ok: false, error: { code: "Disconnected" } });
  expect(client.bus.connection.status).toMatchObject({
    state: "closed",
    reason: { code: "ConnectFailed", message: "The server could not be reached in 2 attempts." },
  });
});

it("says so where a server speaks Socket.IO but serves no bus", async () => {
  const { http, port } = await listen();
  const io = new Server(http);
  onTestFinished(() => io.close());
  const client = startClient(`http://127.0.0.1:${port}`, {
    // Ten seconds of patience pass in a twentieth of one.
    runtime: {
      ...systemRuntime,
      timer: (callback, milliseconds) => systemRuntime.timer(callback, milliseconds / 200),
    },
  });
  await eventually(() =>
    expect(client.bus.connection.status).toMatchObject({
      state: "connecting",
      reason: {
        code: "NoWelcome",
        message: "The server did not answer the hello. Does it serve Eventwire there?",
        retryable: true,
      },
    }),
  );
});

it("says so where what answers is no Socket.IO server", async () => {
  const { http, port } = await listen();
  http.on("request", (_, response) => response.writeHead(404).end());
  onTestFinished(() => new Promise<void>((resolve) => http.close(() => resolve())));
  const client = startClient(`http://127.0.0.1:${port}`, { socket: { transports: ["polling"] } });
  await eventually(() =>
    expect(client.bus.connection.status.reason).toMatchObject({ code: "ConnectFailed" }),
  );
});

it("ends a peer whose network has died without a word", async () => {
  const server = await startServer({ io: { pingInterval: 50, pingTimeout: 50 } });
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const client = await startConnected(proxy.url);
  proxy.pause();
  await eventually(() => expect(server.hub.peers()).toEqual([]));
  await reaches(client, "reconnecting");
  expect(client.bus.connection.status.reason!.message).toBe("The server was silent for too long.");
});
