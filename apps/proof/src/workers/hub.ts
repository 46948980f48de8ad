import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBus, type EventwireError } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { heartbeat, hurriedRuntime } from "../chaos/hurried-runtime.js";
import { carrying } from "./contract.js";
import { fileOf } from "./file.js";
import { plantedTasks } from "./plants.js";
import type { Voice, WorkOrder, WorkRole } from "./words.js";

/** Errors that are the system's way to say what has happened to it. */
const expected = new Set(["Broker", "Dead", "LeaseLost"]);
/** And where it ends before another process lets it write: who hands in asks again elsewhere. */
const expectedOfEnding = new Set([...expected, "OutcomeUnknown"]);
/** How long another process may stand still while it writes, in milliseconds. */
const busyTimeout = 20_000;
/** For how long a bus ends what is under way, and over what time it sends its clients away, in milliseconds of the hurried time. */
const drain = 60_000;
const drainOver = 4_000;

/** A process on the file, at which vendors hand in and workers take. */
export async function beHub(role: WorkRole, voice: Voice): Promise<(order: WorkOrder) => Promise<void>> {
  const runtime = hurriedRuntime(role.since);
  const broker = plantedTasks(sqlite(fileOf(role.folder), { runtime, busyTimeout }), role.plant);
  let isExpected = expected;
  const onError = (error: EventwireError) => {
    if (!isExpected.has(error.code)) voice.trouble(error);
  };
  const bus = createBus(carrying, { broker, runtime, onError });
  await broker.open();
  const http = createServer();
  const io = new Server(http, { serveClient: false, ...heartbeat });
  const hub = serve(bus, io, {
    authenticate: ({ auth }) => ({ id: String((auth as { user?: unknown }).user) }),
    allow: { enqueue: { "*": true }, work: { "*": true }, emit: { "*": true } },
    // As long as a process may stand still; and a vendor hands in much at once.
    limits: { helloTimeout: 100_000, requests: 1_000 },
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });
  voice.say({ type: "ready", port: (http.address() as AddressInfo).port });
  return async ({ type }) => {
    if (type === "drain") await hub.drain({ over: drainOver });
    isExpected = expectedOfEnding;
    await bus.close({ drain });
    await broker.close({ drain });
    await io.close();
  };
}
