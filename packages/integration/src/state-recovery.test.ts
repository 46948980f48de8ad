import { expect, it, onTestFinished } from "vitest";
import { eventually, reaches, startConnected, startServer } from "./actors.js";
import { cuttingProxy } from "./cutting-proxy.js";

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

it("is not confused by frames that Socket.IO recovers from an earlier connection", async () => {
  watchWarnings();
  const server = await startServer({ io: recovery });
  server.bus.handle("value.echo", (value) => value);
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const client = await startConnected(proxy.url);
  const recovered: boolean[] = [];
  server.io.on("connection", (socket) => recovered.push(socket.recovered));
  const seen: number[] = [];
  await client.bus.on("number.counted", (count) => seen.push(count)).ready;
  // Socket.IO recovers only where something was received before.
  server.bus.emit("number.counted", 0);
  await client.bus.request("value.echo", 0);
  for (let round = 1; round <= 3; round++) {
    // Held back by the proxy, so that it is lost with the connection, and kept by Socket.IO for the next one.
    proxy.pause();
    server.bus.emit("number.counted", -round);
    await undefined;
    proxy.resume();
    proxy.cut();
    await reaches(client, "reconnecting");
    await client.bus.request("value.echo", round);
    server.bus.emit("number.counted", round);
    await client.bus.request("value.echo", round);
  }
  expect(client.errors.splice(0)).toMatchObject([1, 2, 3].map(() => ({ gap: { reason: "disconnected" } })));
  expect(recovered).toEqual([true, true, true]);
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(server.hub.peers()).toHaveLength(1);
  expect(client.errors).toEqual([]);
});
