import { expect, it, onTestFinished } from "vitest";
import { eventually, openBut, reaches, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";

const note = "x".repeat(100_000);

it("disconnects a peer that reads too slowly, and nobody else", async () => {
  const server = await startServer({ serve: openBut({ limits: { bufferedBytes: 1_000_000 } }) });
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
  let emitted = 0;
  await eventually(async () => {
    server.bus.emit("note.added", note);
    emitted += 1;
    await quick.bus.request("value.echo", emitted);
    expect(server.hub.peers()).toHaveLength(1);
  });
  expect(seen).toBe(emitted);
  // The operating system takes some megabytes before anything waits in this process.
  expect(emitted).toBeLessThan(500);
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
