import type { Server as HttpServer } from "node:http";
import { type Bus, createBus, type EventwireError, type Runtime } from "@eventwire/core";
import { type BehaviourContract, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { type ServeOptions, serve } from "@eventwire/websocket";
import type { Hub, Principal } from "@eventwire/wire";
import type { WebSocketServer } from "ws";
import { listen } from "../served-bus.js";

export interface ServedBus {
  readonly bus: Bus<BehaviourContract, "server">;
  readonly hub: Hub<BehaviourContract, Principal>;
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
  /** What the bus's `onError` was told. */
  readonly errors: EventwireError[];
  close(): Promise<void>;
}

export interface ServedBusOptions extends Partial<ServeOptions<BehaviourContract, Principal>> {
  /** Default: any that is free. */
  readonly port?: number;
  readonly runtime?: Runtime;
  /** What serves on the HTTP server. Default: the HTTP server itself. */
  readonly on?: (http: HttpServer) => HttpServer | WebSocketServer;
}

/** A bus served over WebSocket on this machine. Everybody may do everything. */
export async function serveOverWebSocket({
  port: wanted,
  on,
  runtime,
  ...options
}: ServedBusOptions = {}): Promise<ServedBus> {
  const { http, port } = await listen(wanted);
  const errors: EventwireError[] = [];
  const bus = createBus(behaviourContract, { onError: (error) => errors.push(error), runtime });
  const hub = serve(bus, on?.(http) ?? http, { ...openAccess, ...options });
  return {
    bus,
    hub,
    http,
    port,
    url: `ws://127.0.0.1:${port}/eventwire`,
    errors,
    async close() {
      await bus.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Options by which a client tries again at once. */
export const quickly = { reconnect: { delay: 5, maxDelay: 10 } };
