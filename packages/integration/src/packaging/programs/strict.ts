import { createBus, type Data } from "@eventwire/core";
import { stream } from "@eventwire/core/rxjs";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { file } from "@eventwire/socket.io-client/file";
import { type IndexedDbOptions, indexedDb } from "@eventwire/socket.io-client/indexeddb";
import { serve as serveWebSocket } from "@eventwire/websocket";
import { connect as connectWebSocket } from "@eventwire/websocket/client";
import { connect as connectWorker, serve as serveWorker } from "@eventwire/worker";
import { Server } from "socket.io";
import { WebSocket, WebSocketServer } from "ws";
import { type Shop, shop } from "./contract.js";

const bus = createBus(shop);
const totals: number[] = [];
bus.on("order.placed", (order) => totals.push(order.total));
stream(bus, "order.placed").subscribe((order: Data<Shop, "order.placed">) => totals.push(order.total));
bus.handle("order.total", (query, context) => {
  if (query.id === "") throw context.error("UnknownOrder", { id: query.id });
  return 42;
});
bus.emit("order.placed", { id: "a", total: 1 });
// @ts-expect-error A wrong payload is refused in the types that users get.
bus.emit("order.placed", { id: 1 });

serve(bus, new Server(), { authenticate: () => ({ id: "x" }), allow: { listen: { "*": true } } });

const client = connect(shop, "http://127.0.0.1:1");
// @ts-expect-error What the server sends, a client cannot.
client.emit("order.placed", { id: "a", total: 1 });
export const total: Promise<number> = client.request("order.total", { id: "a" });

const hub = serveWebSocket(bus, new WebSocketServer({ noServer: true }), {
  authenticate: () => ({ id: "x" }),
});
// @ts-expect-error A hub has no such peer.
hub.to({ id: 7 });
export const overWebSocket: typeof client = connectWebSocket(shop, "ws://127.0.0.1:1", { WebSocket });

serveWorker(bus, new MessageChannel().port1, { authenticate: () => ({ id: "x" }) });
// @ts-expect-error A worker is not reached by its URL.
connectWorker(shop, "worker.js");
export const overPort: typeof client = connectWorker(shop, new BroadcastChannel("shop"));

const options: IndexedDbOptions = { durability: "strict" };
// @ts-expect-error What is kept is kept in one of two ways.
indexedDb("shop", { durability: "lax" });
export const stores = [file("outbox"), indexedDb("shop", options)];
