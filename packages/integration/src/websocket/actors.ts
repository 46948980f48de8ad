import type { EventwireError } from "@eventwire/core";
import { behaviourContract } from "@eventwire/testing/behaviour";
import { type ConnectOptions, connect } from "@eventwire/websocket/client";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Client } from "../actors.js";
import { quickly, type ServedBus, type ServedBusOptions, serveOverWebSocket } from "./served-bus.js";

/** A bus served over WebSocket, closed when the test ends. Everybody may do everything, but for what is given. */
export async function startServer(options?: ServedBusOptions): Promise<ServedBus> {
  const served = await serveOverWebSocket(options);
  onTestFinished(() => served.close());
  return served;
}

/** A connected bus, or one that tries to be, closed when the test ends. It reconnects at once. */
export function startClient(url: string, options: ConnectOptions = {}): Client {
  const errors: EventwireError[] = [];
  const bus = connect(behaviourContract, url, {
    WebSocket,
    onError: (error) => errors.push(error),
    ...quickly,
    ...options,
  });
  const statuses: Client["statuses"] = [];
  bus.connection.watch((status) => statuses.push(status));
  onTestFinished(() => bus.close());
  return { bus, errors, statuses };
}
