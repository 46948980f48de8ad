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

/** So large that its frame is bytes, which Socket.IO keeps. It keeps no text: that is written past it. */
const noteOf = (round: number) => `${round} `.padEnd(2_000);

it("is not confused by frames that Socket.IO recovers from an earlier connection", async () => {
  watchWarnings();
  const server = await startServer({ io: recovery });
  server.bus.handle("value.echo", (value) => value);
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const socket = connectSocket(proxy.url, { forceNew: true, ...quickly });
  onTestFinished(() => void socket.disconnect());
  /** Of each connection, what came before the welcome. */
  const recovered: string[][] = [[]];
  let [welcomed, bytes] = [false, 0];
  // What it recovers Socket.IO tells just before that it has connected.
  socket.on("disconnect", () => {
    recovered.push([]);
    [welcomed, bytes] = [false, 0];
  });
  socket.on("eventwire", (frame: unknown) => {
    const kind = Array.isArray(frame) ? String((frame as unknown[][])[0]![0]) : "bytes";
    welcomed ||= kind === "welcome";
    if (!welcomed) recovered.at(-1)!.push(kind);
    else if (kind === "bytes") bytes += 1;
  });
  const client = await startConnected(socket);
  const [notes, counts] = [new Set<number>(), new Set<number>()];
  await client.bus.on("note.added", (note) => notes.add(Number.parseInt(note, 10))).ready;
  await client.bus.on("number.counted", (count) => counts.add(count)).ready;
  for (let round = 0; round <= 3; round++) {
    // Socket.IO recovers only where something was received before, and what reads bytes is loaded meanwhile.
    await eventually(async () => {
      await client.bus.request("value.echo", round);
      server.bus.emit("number.counted", round);
      await undefined;
      server.bus.emit("note.added", noteOf(round));
      await client.bus.request("value.echo", round);
      expect(bytes).toBeGreaterThan(0);
    });
    if (round === 3) break;
    // Held back by the proxy, so that it is lost with the connection.
    proxy.pause();
    server.bus.emit("number.counted", -1);
    await undefined;
    server.bus.emit("note.added", noteOf(-1));
    await undefined;
    proxy.resume();
    proxy.cut();
    await reaches(client, "reconnecting");
  }
  const gaps = client.errors.splice(0);
  expect(gaps).toHaveLength(6);
  for (const gap of gaps) expect(gap).toMatchObject({ gap: { reason: "disconnected" } });
  expect(recovered).toEqual([[], ["bytes"], ["bytes"], ["bytes"]]);
  expect([...notes]).toEqual([0, 1, 2, 3]);
  expect([...counts]).toEqual([0, 1, 2, 3]);
  expect(server.hub.peers()).toHaveLength(1);
  expect(client.errors).toEqual([]);
});
