import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus, defineContract, type EventwireError, event } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { eventually } from "../actors.js";
import { cuttingProxy } from "../cutting-proxy.js";
import { listen, quickly } from "../served-bus.js";

const Step = z.object({ order: z.string(), step: z.number() });
const shop = defineContract({
  "order.changed": event(Step, { delivery: "durable", key: ({ order }) => order }),
});
const group = "billing";
const orders = 30;

/** A server of a file. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-groups-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const errors: EventwireError[] = [];
  const bus = createBus(shop, {
    broker: sqlite(join(folder, "shop.db")),
    onError: (error) => errors.push(error),
  });
  const { http, port } = await listen();
  const io = new Server(http, { serveClient: false });
  const allow = { group: { "order.changed": ({ group: name }: { group: string }) => name === group } };
  serve(bus, io, { authenticate: () => ({ id: "worker" }), allow });
  onTestFinished(async () => {
    http.closeAllConnections();
    await io.close();
    await bus.close();
  });
  return { bus, port, errors };
}

it("does all events in the order of their keys with two clients, one of which loses its socket for good", async () => {
  const { bus, port, errors } = await start();
  const proxy = await cuttingProxy({ to: port, seed: 1 });
  onTestFinished(() => proxy.close());
  const done: { readonly who: string; readonly order: string; readonly step: number }[] = [];
  let mayCut = false;
  const work = async (who: string, at: number) => {
    const client = connect(shop, `http://127.0.0.1:${at}`, {
      onError: (error) => errors.push(error),
      socket: { forceNew: true, ...quickly },
    });
    onTestFinished(() => client.close({ drain: 0 }));
    const listener = async ({ order, step }: z.infer<typeof Step>) => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push({ who, order, step });
      if (who !== "lost" || !mayCut) return;
      // In the middle of others that are under way, and of what it has not told yet.
      mayCut = false;
      proxy.refuse(true);
      proxy.cut();
    };
    await client.on("order.changed", listener, { group, concurrency: 4 }).ready;
  };
  await work("lost", proxy.port);
  await work("stays", port);

  let steps = 0;
  const change = () => {
    const step = steps++;
    for (let order = 0; order < orders; order++) void bus.emit("order.changed", { order: `o${order}`, step });
  };
  const workers = () => new Set(done.map(({ who }) => who)).size;
  // Until they have shared the work out.
  const shared = () => {
    change();
    expect(workers()).toBe(2);
  };
  await vi.waitFor(shared, { interval: 200, timeout: 20_000 });
  mayCut = true;
  for (const _ of [1, 2, 3, 4, 5]) change();
  await eventually(() => expect(proxy.cuts).toBe(1));
  for (const _ of [1, 2, 3, 4, 5]) change();

  const all = Array.from({ length: steps }, (_, step) => step);
  const stepsOf = (order: string) => done.filter((each) => each.order === order).map(({ step }) => step);
  await eventually(async () => {
    expect(new Set(stepsOf("o0")).size).toBe(steps);
    expect(await bus.group(group).lag("order.changed")).toMatchObject({ behind: 0 });
  });
  for (let order = 0; order < orders; order++) {
    const its = stepsOf(`o${order}`);
    // Done twice is no more than what was under way, before the next of its key.
    expect(its.filter((step, index) => its[index - 1] !== step)).toEqual(all);
  }
  expect(done.length - orders * steps).toBeLessThanOrEqual(4);
  expect(errors).toEqual([]);
}, 60_000);
