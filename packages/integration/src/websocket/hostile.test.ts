import type { Server } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches } from "../actors.js";
import { cuttingProxy } from "../cutting-proxy.js";
import { hurried } from "../hurried.js";
import { hello } from "../raw-peer.js";
import { startClient, startServer } from "./actors.js";
import { startRawPeer } from "./raw-peer.js";
import { type FrameParts, rawFrame, startRawUpgrade } from "./raw-upgrade.js";

const limits = { frameBytes: 10_000, heartbeat: 100, bufferedBytes: 200_000 };

/** A server with a peer that behaves. What a test does must be noticed by neither. */
async function startStage(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ limits, ...options });
  server.bus.handle("value.echo", (value) => value);
  const heard: unknown[] = [];
  server.bus.on("note.added", (note) => heard.push(note));
  const good = startClient(server.url);
  const received: number[] = [];
  await good.bus.on("number.counted", (count) => received.push(count)).ready;

  const expectUndisturbed = async () => {
    expect(await good.bus.request("value.echo", "still there")).toBe("still there");
    server.bus.emit("number.counted", received.length);
    const expected = received.length + 1;
    await eventually(() => expect(received).toHaveLength(expected));
    expect(good.statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
    expect([...good.errors, ...server.errors, ...heard]).toEqual([]);
  };
  return { server, good, expectUndisturbed };
}

const connections = (http: Server) =>
  new Promise<number>((resolve) => http.getConnections((_, count) => resolve(count)));

const text = (payload: string, parts: Partial<FrameParts> = {}) => rawFrame({ opcode: 1, payload, ...parts });

const violations: Readonly<Record<string, () => Buffer>> = {
  "bytes that are no frame": () => Buffer.from("GET / HTTP/1.1\r\n\r\n"),
  "a frame that is not masked": () => text("x", { masked: false }),
  "a frame with a reserved bit": () => text("x", { reserved: 4 }),
  "a frame of an unknown kind": () => rawFrame({ opcode: 3, payload: "x" }),
  "a text that is not UTF-8": () => rawFrame({ opcode: 1, payload: Uint8Array.of(0xff, 0xfe) }),
  "a continuation of nothing": () => rawFrame({ opcode: 0, payload: "x" }),
  "a message within a message": () => Buffer.concat([text("a", { last: false }), text("b")]),
  "a long ping": () => rawFrame({ opcode: 9, payload: "x".repeat(126) }),
  "a close code that is none": () => rawFrame({ opcode: 8, payload: Uint8Array.of(0x03, 0xed) }),
  "half a close code": () => rawFrame({ opcode: 8, payload: Uint8Array.of(0x03) }),
  "a frame that claims to be of 4 GB": () => text("x", { claims: 2 ** 32 }),
  "a frame that claims more than a number holds": () => text("x", { claims: 2 ** 53 }),
  "a frame over the limit": () => text("x".repeat(10_001)),
  "parts that are over the limit together": () =>
    Buffer.concat(
      Array.from({ length: 11 }, (_, index) =>
        rawFrame({ opcode: index === 0 ? 1 : 0, payload: "x".repeat(1_000), last: false }),
      ),
    ),
  "a flood of tiny parts": () =>
    Buffer.concat(
      Array.from({ length: 20_000 }, (_, index) => rawFrame({ opcode: index === 0 ? 1 : 0, last: false })),
    ),
};

it.each(Object.entries(violations))("ends who sends %s, and nobody else notices", async (_, bytes) => {
  const { server, expectUndisturbed } = await startStage();
  const raw = await startRawUpgrade(server.port);
  await eventually(() => expect(raw.status).toBe(101));
  raw.socket.write(bytes());
  // Its connection ends, although it does not answer the close frame.
  await eventually(() => expect(raw.closed).toBe(true));
  await expectUndisturbed();
});

it("takes no frame of more than a number of 32 bits holds, whatever the application allows", async () => {
  const { server, expectUndisturbed } = await startStage({ limits: { frameBytes: 2 ** 32 } });
  const raw = await startRawUpgrade(server.port);
  await eventually(() => expect(raw.status).toBe(101));
  raw.socket.write(text("x", { claims: 2 ** 40 }));
  await eventually(() => expect(raw.closed).toBe(true));
  await expectUndisturbed();
});

it("ends who sends pings and reads no pong", async () => {
  const { server, expectUndisturbed } = await startStage();
  const raw = await startRawUpgrade(server.port);
  await eventually(() => expect(raw.status).toBe(101));
  raw.socket.pause();
  const pings = Buffer.concat(
    Array.from({ length: 500 }, () => rawFrame({ opcode: 9, payload: "x".repeat(125) })),
  );
  await eventually(async () => {
    raw.socket.write(pings);
    expect(await connections(server.http)).toBe(1);
  });
  await expectUndisturbed();
});

it("answers what is no frame of Eventwire by a typed error, and goes on", async () => {
  const { server, expectUndisturbed } = await startStage();
  const bad = await startRawPeer(server.url);
  bad.send(hello);
  await eventually(() => expect(bad.received[0]?.[0]).toBe("welcome"));
  for (const junk of ["not JSON", "", "{}", '[["constructor"]]', Buffer.from([1, 2]), "[".repeat(5_000)])
    bad.socket.send(junk);
  await eventually(() =>
    expect(bad.received.map(([type]) => type)).toEqual([
      "welcome",
      ...Array.from({ length: 6 }, () => "refused"),
    ]),
  );
  expect(server.hub.counters().refused).toEqual({ Invalid: 6 });
  expect(bad.closed).toBeUndefined();
  await expectUndisturbed();
});

it("closes who does not say hello in time, for another time", async () => {
  const { server, expectUndisturbed } = await startStage({ limits: { ...limits, helloTimeout: 50 } });
  const bad = await startRawPeer(server.url);
  await eventually(() => expect(bad.closed).toEqual([1013, "NoHello: No hello came in time."]));
  expect(bad.received).toMatchObject([["goodbye", { code: "NoHello", retryable: true }]]);
  await expectUndisturbed();
});

it("closes who is not let in, for good, and bounds what they may say before", async () => {
  const server = await startServer({ authenticate: () => undefined });
  const bad = await startRawPeer(server.url);
  bad.send(["event", "note.added", "x".repeat(5_000), "id"], ["event", "note.added", "y", "id"]);
  bad.send(["hello", { protocol: 1, link: "raw", contract: "raw", auth: "wrong" }]);
  await eventually(() => expect(bad.closed).toEqual([1008, "Denied: Authentication failed."]));
  expect(bad.received.map(([type]) => type)).toEqual(["refused", "goodbye"]);
});

it("ends a peer whose network has died without a word, and one whose process only looks alive", async () => {
  const { server, expectUndisturbed } = await startStage();
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const dead = startClient(`${proxy.url}/eventwire`);
  await reaches(dead, "connected");
  // It answers WebSocket's own pings, and nothing else.
  const stuck = await startRawPeer(server.url);
  stuck.send(hello);
  await eventually(() => expect(server.hub.peers()).toHaveLength(3));
  proxy.pause();
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  await eventually(() =>
    expect(stuck.closed).toEqual([1013, "Lost: The other side gave no sign of life for 200 ms."]),
  );
  expect(stuck.received.at(-1)).toEqual(["ping"]);
  await expectUndisturbed();
});

it("disconnects a peer that does not read, and gives up what waited for it", async () => {
  const { server, good, expectUndisturbed } = await startStage({
    limits: { ...limits, heartbeat: Infinity },
    runtime: hurried,
  });
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const slow = startClient(`${proxy.url}/eventwire`);
  await slow.bus.on("word.said", () => undefined).ready;
  const [quick] = server.hub.peers();
  proxy.pause();
  const said = { room: "a", text: "x".repeat(9_000) };
  await eventually(async () => {
    for (let count = 0; count < 50; count++) server.bus.emit("word.said", said);
    await good.bus.request("value.echo", 1);
    expect(server.hub.peers()).toEqual([quick]);
  });
  await eventually(async () => expect(await connections(server.http)).toBe(1));
  proxy.resume();
  await reaches(slow, "reconnecting");
  await reaches(slow, "connected");
  await expectUndisturbed();
});

it("holds against a flood of frames, pings and connections", async () => {
  const { server, expectUndisturbed } = await startStage();
  const bad = await startRawPeer(server.url);
  bad.send(hello);
  for (let count = 0; count < 5_000; count++) {
    bad.socket.send("[");
    bad.socket.ping();
    if (count % 5 === 0) bad.send(["ping"]);
  }
  const many = await Promise.all(Array.from({ length: 100 }, () => startRawUpgrade(server.port)));
  for (const raw of many) raw.socket.destroy();
  await eventually(() => expect(server.hub.counters().refused.Invalid).toBeGreaterThan(1_000));
  await expectUndisturbed();
});
