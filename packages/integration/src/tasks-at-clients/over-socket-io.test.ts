import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus, type EventwireError } from "@eventwire/core";
import { type ClientEvents, type ServerEvents, serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../actors.js";
import { cuttingProxy } from "../cutting-proxy.js";
import { startPlainClient } from "../plain/plain-client.js";
import { listen, quickly } from "../served-bus.js";
import { type Depot, type DepotServing, depot } from "./depot.js";

const parcels = 30;

/** A server of a file. */
async function start(options: DepotServing = {}) {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-tasks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const errors: EventwireError[] = [];
  const bus = createBus(depot, {
    broker: sqlite(join(folder, "depot.db")),
    onError: (error) => errors.push(error),
  });
  const { http, port } = await listen();
  const io = new Server(http, { serveClient: false });
  serve(bus, io, {
    authenticate: ({ auth }) => ({ id: (auth as { user?: string } | undefined)?.user ?? "ann" }),
    allow: { enqueue: { "*": true }, work: { "*": true }, emit: { "*": true } },
    ...options,
  });
  onTestFinished(async () => {
    http.closeAllConnections();
    await io.close();
    await bus.close();
  });
  return { bus, port, errors };
}

function startClient(url: string, user: string) {
  const errors: EventwireError[] = [];
  const bus = connect(depot, url, {
    auth: { user },
    onError: (error) => errors.push(error),
    socket: { forceNew: true, ...quickly },
  });
  onTestFinished(() => bus.close());
  return { bus, errors };
}

it("has clients enqueue and do tasks whose connections are cut under way, each done by one", async () => {
  const { bus: server, port, errors } = await start();
  const proxy = await cuttingProxy({ to: port, seed: 1 });
  onTestFinished(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.port}`;
  const done: string[] = [];
  const workers = ["one", "two"].map((user) => startClient(url, user));
  for (const [index, { bus }] of workers.entries()) {
    bus.work(
      "parcel.route",
      async ({ id }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        done.push(id);
        return { via: `${index}` };
      },
      { concurrency: 3 },
    );
  }
  const { bus: client } = startClient(url, "ann");
  const queue = client.tasks("parcel.route");
  const results = Array.from({ length: parcels }, async (_, index) => {
    const { id } = await client.enqueue("parcel.route", { id: `p${index}` });
    return queue.result(id);
  });
  for (let cuts = 0; cuts < 3; cuts++) {
    await eventually(() => expect(done.length).toBeGreaterThan((cuts * parcels) / 6));
    proxy.cut();
  }
  await Promise.all(results);
  const counts = Object.fromEntries(["one", "two"].map((_, index) => [index, 0]));
  for (const { via } of await Promise.all(results)) counts[via]! += 1;
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(parcels);
  expect(new Set(done).size).toBe(parcels);
  expect(await server.tasks("parcel.route").counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 });
  expect(errors.filter(({ code }) => code !== "Disconnected")).toEqual([]);
});

it("lets a client that has Socket.IO alone enqueue tasks, and wait for what they give", async () => {
  const { bus: server, port } = await start({
    allow: { enqueue: { "parcel.route": ({ key }) => key !== "secret", "parcel.weigh": true } },
  });
  server.work("parcel.route", ({ id }) => {
    if (id === "bad") throw new Error("No way.");
    return { via: "Bern" };
  });
  const url = `http://localhost:${port}`;
  const plain = await startPlainClient(url);
  const [error, receipt] = await plain.say("parcel.route", { id: "a" });
  expect([error, receipt]).toEqual([
    null,
    { id: expect.stringMatching(/^~ann\//), durability: expect.any(String), duplicate: false },
  ]);
  const { id } = receipt as { id: string };
  expect(await plain.say("eventwire:result", id)).toEqual([null, { via: "Bern" }]);
  const bad = (await plain.say("parcel.route", { id: "bad" }))[1] as { id: string };
  expect(await plain.say("eventwire:result", bad.id)).toMatchObject([{ code: "TaskDead" }, null]);
  expect(await plain.say("eventwire:result", "~ann/none")).toMatchObject([{ code: "UnknownTask" }, null]);
  expect(await plain.say("eventwire:result", 7)).toMatchObject([{ code: "Invalid" }, null]);
  expect(await plain.say("parcel.route", { id: "secret" })).toMatchObject([{ code: "Denied" }, null]);
  expect(await plain.say("parcel.sort", { id: "a" })).toMatchObject([{ code: "Denied" }, null]);
  expect(await plain.say("parcel.route", 5)).toMatchObject([{ code: "Invalid" }, null]);
  const other = await startPlainClient(url, { auth: { user: "bob" } });
  expect(await other.say("eventwire:result", id)).toMatchObject([{ code: "Denied" }, null]);
});

it("has a client that has Socket.IO alone ask again for what is not done yet", async () => {
  const { bus: server, port } = await start({ limits: { requestTimeout: 1_000 } });
  const plain = await startPlainClient(`http://localhost:${port}`);
  const { id } = (await plain.say("parcel.route", { id: "a" }))[1] as { id: string };
  expect(await plain.say("eventwire:result", id)).toMatchObject([{ code: "Timeout" }, null]);
  server.work("parcel.route", () => ({ via: "Bern" }));
  await eventually(async () =>
    expect(await plain.say("eventwire:result", id)).toEqual([null, { via: "Bern" }]),
  );
});

it("types what a client that has Socket.IO alone says", async () => {
  const { port } = await start();
  const socket: Socket<ServerEvents<Depot>, ClientEvents<Depot>> = io(`http://localhost:${port}`, {
    transports: ["websocket"],
    forceNew: true,
  });
  onTestFinished(() => void socket.close());
  const receipt = await new Promise<{ readonly id: string }>((resolve, reject) => {
    socket.emit("parcel.weigh", { id: "a" }, (error, receipt) => {
      if (error) reject(error);
      else resolve(receipt);
    });
  });
  expect(receipt.id).toMatch(/^~ann\//);
});
