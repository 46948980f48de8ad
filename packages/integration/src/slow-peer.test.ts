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
