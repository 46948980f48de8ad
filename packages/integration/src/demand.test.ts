import { expect, it } from "vitest";
import { type Client, eventually, startConnected, startServer } from "./actors.js";

/** How many events have crossed to a client, once all that was emitted has. */
async function crossed({ bus }: Client): Promise<number> {
  await bus.request("suite.synchronised", 1);
  return bus.connection.counters().eventsIn;
}

it("sends a client what it listens to, and nothing else", async () => {
  const server = await startServer();
  server.bus.handle("suite.synchronised", (round) => round);
  const client = await startConnected(server.url);
  const emit = () => {
    server.bus.emit("number.counted", 1);
    server.bus.emit("note.added", "x");
    for (const room of ["a", "b", 7, "7"]) server.bus.emit("word.said", { room, text: "x" });
  };
  emit();
  expect(await crossed(client)).toBe(0);
  const stopKey = client.bus.on("word.said", () => undefined, { key: "a" });
  await stopKey.ready;
  emit();
  expect(await crossed(client)).toBe(1);
  const stopAll = client.bus.on("word.said", () => undefined);
  await stopAll.ready;
  emit();
  expect(await crossed(client)).toBe(5);
  stopAll();
  emit();
  expect(await crossed(client)).toBe(9);
  emit();
  expect(await crossed(client)).toBe(10);
  stopKey();
  await crossed(client);
  emit();
  expect(await crossed(client)).toBe(10);
});

it("asks once for what many listeners of a client want, and sends it once", async () => {
  const server = await startServer();
  server.bus.handle("suite.synchronised", (round) => round);
  const client = await startConnected(server.url);
  const stops = Array.from({ length: 10 }, () => client.bus.on("number.counted", () => undefined));
  for (const { ready } of stops) await ready;
  server.bus.emit("number.counted", 1);
  expect(await crossed(client)).toBe(1);
  for (const stop of stops.slice(1)) stop();
  server.bus.emit("number.counted", 2);
  expect(await crossed(client)).toBe(2);
  stops[0]!();
  await crossed(client);
  server.bus.emit("number.counted", 3);
  expect(await crossed(client)).toBe(2);
});

it("sends the events of one turn in one frame", async () => {
  const server = await startServer();
  const client = await startConnected(server.url);
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  const before = client.bus.connection.counters().framesIn;
  for (let count = 0; count < 100; count++) server.bus.emit("number.counted", count);
  await eventually(() => expect(seen).toHaveLength(100));
  expect(client.bus.connection.counters().framesIn - before).toBe(1);
});
