import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";

const pingInterval = 200;
/** Longer than a busy machine holds an event loop. */
const pingTimeout = 1_000;
/** What a busy machine may take beyond that. */
const slack = 2_000;

/** A server whose clients sit behind something that can swallow all that is sent, both ways, and end nothing. */
async function startBehindProxy() {
  const server = await startServer({ io: { pingInterval, pingTimeout } });
  server.bus.handle("value.echo", (value) => value);
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  return { server, proxy };
}

it("tells a client that the other end is gone, and frees its peer, within the ping's interval and timeout", async () => {
  const { server, proxy } = await startBehindProxy();
  const shared = { socket: { forceNew: false } };
  const clients = [await startConnected(proxy.url, shared), await startConnected(proxy.url, shared)];
  proxy.pause();
  const begun = performance.now();
  await Promise.all([
    ...clients.map((client) => reaches(client, "reconnecting")),
    eventually(() => expect(server.hub.peers()).toEqual([])),
  ]);
  expect(performance.now() - begun).toBeLessThan(pingInterval + pingTimeout + slack);
  for (const { bus } of clients) {
    expect(bus.connection.status.reason).toEqual({
      code: "Lost",
      message: "The server was silent for too long.",
      retryable: true,
    });
  }
});

it("tells listeners of a gap over the next connection, before the first event of it", async () => {
  const { server, proxy } = await startBehindProxy();
  const client = await startConnected(proxy.url);
  const heard: unknown[] = [];
  await client.bus.on("number.counted", (count) => heard.push(count), {
    onGap: ({ reason }) => heard.push(reason),
  }).ready;
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(heard).toEqual([1]));
  proxy.pause();
  server.bus.emit("number.counted", 2);
  const asked = client.bus.request("value.echo", 1).result();
  await reaches(client, "reconnecting");
  expect(await asked).toMatchObject({ ok: false, error: { code: "Disconnected", retryable: true } });
  proxy.cut();
  proxy.resume();
  await reaches(client, "connected");
  await client.bus.request("value.echo", 2);
  server.bus.emit("number.counted", 3);
  await eventually(() => expect(heard).toEqual([1, "disconnected", 3]));
});

it("loses what a client emits until it has noticed, and nothing from then on", async () => {
  const { server, proxy } = await startBehindProxy();
  const notes: string[] = [];
  server.bus.on("note.added", (note) => notes.push(note));
  const client = await startConnected(proxy.url);
  client.bus.emit("note.added", "before");
  await eventually(() => expect(notes).toEqual(["before"]));
  proxy.pause();
  client.bus.emit("note.added", "into the void");
  await reaches(client, "reconnecting");
  client.bus.emit("note.added", "kept");
  proxy.cut();
  proxy.resume();
  await reaches(client, "connected");
  await client.bus.request("value.echo", 1);
  expect(notes).toEqual(["before", "kept"]);
  // As is promised of what is under way when a connection breaks.
  expect(client.errors).toEqual([]);
});
