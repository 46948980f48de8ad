import type { CloseReason, Frame, LinkReceiver } from "@eventwire/core";
import { expect, it } from "vitest";
import { SimulatedProcess } from "../process.js";
import { World } from "../world.js";
import { Network } from "./network.js";

/** A client and a server that are connected, and what each has been given. */
async function connected(seed = 1) {
  const world = new World(seed);
  const network = new Network(world, seed, (link) => link);
  const server = new SimulatedProcess(world, "p1/1");
  const client = new SimulatedProcess(world, "c1/1", world.disk);
  const taken: Frame[] = [];
  const given: Frame[] = [];
  const ends: CloseReason[] = [];
  const receiver = (frames: Frame[]): LinkReceiver => ({
    frame: (frame) => void frames.push(frame),
    drain: () => undefined,
    closed: (reason) => void ends.push(reason),
  });
  network.serve("p1", server).listen((link) => link.open(receiver(taken)));
  network.client(client, "c1", undefined).listen((link) => link.open(receiver(given)));
  await world.clock.until(() => network.newest.get(client)?.server.opened);
  const connection = network.newest.get(client)!;
  const { clock } = world;
  return { clock, network, server, client, connection, taken, given, ends };
}

const frames = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `${from + index}`);

it("keeps frames in order and whole, however long each takes, and gives none to who stands still", async () => {
  const { clock, network, server, connection, taken } = await connected();
  network.latency = { least: 1, most: 500 };
  for (const frame of frames(0, 20)) connection.client.send(frame);
  server.pause();
  await clock.advance(1_000);
  expect(taken).toEqual([]);
  for (const frame of frames(20, 5)) connection.client.send(frame);
  server.resume();
  await clock.advance(1_000);
  expect(taken).toEqual(frames(0, 25));
});

it("brings what an old connection has sent after its client has a new one", async () => {
  const { clock, network, client, connection, taken, ends } = await connected();
  connection.client.send("late");
  network.latency = { least: 3_000, most: 3_000 };
  connection.client.send("later");
  connection.cut(1, 4_000, true);
  network.latency = { least: 1, most: 1 };
  await clock.until(() => network.newest.get(client) !== connection);
  network.newest.get(client)!.client.send("new");
  await clock.advance(10_000);
  expect(taken).toEqual(["late", "new", "later"]);
  expect(ends).toHaveLength(2);
});

it("brings nothing behind what was lost, and tells only who waits for it", async () => {
  const { clock, connection, taken, given } = await connected();
  connection.client.send("0");
  await clock.advance(10);
  connection.silence(true, false);
  for (const frame of frames(1, 5)) connection.client.send(frame);
  connection.server.send("down");
  await clock.advance(100);
  expect(taken).toEqual(["0"]);
  expect(given).toEqual(["down"]);
  expect(connection.client.ended).toBe(false);
});

it("tells a sender to wait, and to go on once what is held has come", async () => {
  const { clock, connection, given } = await connected();
  const release = connection.hold(false, true);
  let sent = 0;
  while (connection.server.send("x".repeat(1_000))) sent += 1;
  await clock.advance(1_000);
  expect(given).toEqual([]);
  release();
  await clock.advance(100);
  expect(given).toHaveLength(sent + 1);
  expect(connection.server.bufferedBytes).toBe(0);
});

it("gives nothing to a process that has ended", async () => {
  const { clock, server, client, connection, taken, ends } = await connected();
  connection.client.send("0");
  server.crash();
  await clock.advance(60_000);
  expect(taken).toEqual([]);
  expect(client.alive).toBe(true);
  expect(ends.length).toBeLessThanOrEqual(1);
});
