import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";
import { hurried } from "./hurried.js";

const note = "x".repeat(100_000);

it("disconnects a peer that takes nothing, and nobody else", async () => {
  const server = await startServer({ runtime: hurried });
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const slow = await startConnected(proxy.url);
  const quick = await startConnected(server.url);
  let seen = 0;
  quick.bus.on("note.added", () => {
    seen += 1;
  });
  await slow.bus.on("note.added", () => undefined).ready;
  server.bus.handle("value.echo", (value) => value);
  await quick.bus.request("value.echo", 1);
  proxy.pause();
  const emitted = 30;
  for (let count = 0; count < emitted; count++) {
    server.bus.emit("note.added", note);
    await quick.bus.request("value.echo", count);
  }
  expect(server.hub.peers()).toHaveLength(2);
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  expect(seen).toBe(emitted);
  // What it did not read is given up with its connection.
  await eventually(() => expect(server.io.engine.clientsCount).toBe(1));
  proxy.resume();
  await reaches(slow, "reconnecting");
  await reaches(slow, "connected");
  expect(quick.statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
});

it("keeps a peer that reads slowly, though its link is full for longer than one is kept that takes nothing", async () => {
  const server = await startServer({ runtime: hurried });
  const folder = await mkdtemp(join(tmpdir(), "slow-peer-"));
  const path = join(folder, "socket");
  // A local socket holds little, as a network does where packets take long, so that most of what is sent waits in the link.
  const local = createServer((socket) => server.http.emit("connection", socket));
  await new Promise<void>((resolve) => local.listen(path, resolve));
  const proxy = await cuttingProxy({ to: path, seed: 1 });
  onTestFinished(async () => {
    await proxy.close();
    local.close();
    await rm(folder, { recursive: true });
  });
  const slow = await startConnected(proxy.url);
  let heard = 0;
  await slow.bus.on("note.added", () => {
    heard += 1;
  }).ready;
  const [peer] = server.hub.peers();
  // Who takes nothing is gone after 3 s of this clock.
  proxy.slow(150_000);
  const emitted = 90;
  for (let count = 0; count < emitted; count++) {
    server.bus.emit("note.added", note.slice(0, 10_000));
    await undefined;
  }
  await eventually(() => expect(heard).toBe(emitted));
  expect(server.hub.peers()).toEqual([peer]);
  expect(slow.statuses).toHaveLength(2);
});

it("lets a peer catch up that was slow for a while", async () => {
  const server = await startServer();
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const client = await startConnected(proxy.url);
  const seen: number[] = [];
  await client.bus.on("value.changed", (value) => seen.push((value as { count: number }).count)).ready;
  proxy.pause();
  // More than the operating system takes, less than the limit beyond.
  for (let count = 0; count < 60; count++) {
    server.bus.emit("value.changed", { count, note });
    await undefined;
  }
  proxy.resume();
  await eventually(() => expect(seen).toEqual(Array.from({ length: 60 }, (_, count) => count)));
  expect(client.statuses).toHaveLength(2);
});
