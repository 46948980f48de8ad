import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus, defineContract, event } from "@eventwire/core";
import { serve } from "@eventwire/websocket";
import { connect } from "@eventwire/websocket/client";
import { file } from "@eventwire/websocket/file";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

const shop = defineContract({
  "order.placed": event(z.object({ order: z.number() }), { delivery: "durable", from: "client" }),
});

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-kept-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it("sends what a process that is gone has kept, which never reached its server, in order and once", async () => {
  const folder = createFolder();
  const http = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void http.close());
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/eventwire`;
  const open = () =>
    connect(shop, url, {
      WebSocket: WebSocket as never,
      outbox: { store: file(folder) },
      reconnect: { delay: 20, maxDelay: 50 },
    });

  const offline = open();
  const waiting = [1, 2, 3].map((order) => offline.emit("order.placed", { order }));
  const refused = waiting.map((receipt) => expect(receipt).rejects.toMatchObject({ code: "Closed" }));
  // What is not yet saved when it closes was never kept.
  const kept = { size: 3, saving: 0 };
  await vi.waitFor(() => expect(offline.connection.outbox).toMatchObject(kept), 20_000);
  await offline.close({ drain: 0 });
  await Promise.all(refused);
  expect(readdirSync(folder)).not.toEqual([]);

  const bus = createBus(shop);
  const heard: number[] = [];
  bus.on("order.placed", ({ order }) => heard.push(order), { since: "start" });
  serve(bus, http, { authenticate: () => ({ id: "ann" }), allow: { emit: { "*": true } } });
  const [one, other] = [open(), open()];
  await Promise.all([one.emit("order.placed", { order: 4 }), other.emit("order.placed", { order: 5 })]);
  await vi.waitFor(() => expect([...heard].sort()).toEqual([1, 2, 3, 4, 5]), 20_000);
  expect(heard.filter((order) => order < 4)).toEqual([1, 2, 3]);
  await Promise.all([one.close(), other.close()]);
  expect(readdirSync(folder)).toEqual([]);
  await bus.close();
});
