import { createBus } from "@eventwire/core";
import { stream } from "@eventwire/core/rxjs";
import { connect } from "@eventwire/socket.io-client";
import { indexedDb } from "@eventwire/socket.io-client/indexeddb";
import { connect as connectWebSocket } from "@eventwire/websocket/client";
import { connect as connectWorker } from "@eventwire/worker";
import { shop } from "./contract.js";

const bus = createBus(shop);
const heard: string[] = [];
bus.on("order.placed", (order) => heard.push(order.id));
stream(bus, "order.placed").subscribe((order) => heard.push(`${order.id} streamed`));
bus.emit("order.placed", { id: "a", total: 1 });

Object.assign(globalThis, { heard, connect, connectWebSocket, connectWorker, indexedDb });
