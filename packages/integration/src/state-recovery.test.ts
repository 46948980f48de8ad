import { io as connectSocket } from "socket.io-client";
import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";
import { quickly } from "./served-bus.js";

const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };

/** The warnings of this package that the process emits during a test. */
function watchWarnings(): Error[] {
  const warnings: Error[] = [];
  const watch = (warning: Error) => {
    if (warning.name === "EventwireWarning") warnings.push(warning);
  };
  process.on("warning", watch);
  onTestFinished(() => void process.off("warning", watch));
  return warnings;
}

it("warns when Socket.IO's own connection state recovery is on, and not when it is off", async () => {
  const warnings = watchWarnings();
  await startServer();
  await startServer({ io: recovery });
  await eventually(() => expect(warnings).toHaveLength(1));
  expect(warnings[0]).toMatchObject({ code: "EVENTWIRE_STATE_RECOVERY" });
  expect(warnings[0]!.message).toMatch(/connectionStateRecovery is on/);
});

/** So large that its frame is of bytes. */
const noteOf = (round: number) => `${round} `.padEnd(2_000);

it("has Socket.IO recover what is the application's, and none of a bus's frames, which are written past it", async () => {
  watchWarnings();
  const server = await startServer({ io: recovery });
  server.bus.handle("value.echo", (value) => value);
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const socket = connectSocket(proxy.url, { forceNew: true, ...quickly });
  onTestFinished(() => void socket.disconnect());
  const [news, frames]: [unknown[], unknown[]] = [[], []];
  socket.on("news", (item) => news.push(item));
  socket.on("eventwire", (frame) => frames.push(frame));
  const client = await startConnected(socket);
  const [notes, counts] = [new Set<number>(), new Set<number>()];
  await client.bus.on("note.added", (note) => notes.add(Number.parseInt(note, 10))).ready;
  await client.bus.on("number.counted", (count) => counts.add(count)).ready;
  for (let round = 0; round <= 3; round++) {
    server.io.emit("news", round);
    server.bus.emit("number.counted", round);
    await undefined;
    server.bus.emit("note.added", noteOf(round));
    await client.bus.request("value.echo", round);
    if (round === 3) break;
    // Held back by the proxy, so that it is lost with the connection.
    proxy.pause();
    server.io.emit("news", -1);
    server.bus.emit("number.counted", -1);
    await undefined;
    server.bus.emit("note.added", noteOf(-1));
    await undefined;
    proxy.resume();
    proxy.cut();
    await reaches(client, "reconnecting");
    await reaches(client, "connected");
    expect(socket.recovered).toBe(true);
    // The gaps come when it listens again.
    await eventually(() => expect(client.errors).toHaveLength(2 * (round + 1)));
  }
  const gaps = client.errors.splice(0);
  expect(gaps).toHaveLength(6);
  for (const gap of gaps) expect(gap).toMatchObject({ gap: { reason: "disconnected" } });
  await eventually(() => expect(news).toEqual([0, -1, 1, -1, 2, -1, 3]));
  expect(frames).toEqual([]);
  expect([...notes]).toEqual([0, 1, 2, 3]);
  expect([...counts]).toEqual([0, 1, 2, 3]);
  expect(server.hub.peers()).toHaveLength(1);
  expect(client.errors).toEqual([]);
});
