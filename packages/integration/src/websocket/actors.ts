import type { Server as HttpServer } from "node:http";
import { type Bus, createBus, type EventwireError } from "@eventwire/core";
import { type BehaviourContract, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { type ServeOptions, serve } from "@eventwire/websocket";
import { type ConnectOptions, connect } from "@eventwire/websocket/client";
import type { Hub, Principal } from "@eventwire/wire";
import { onTestFinished } from "vitest";
import { WebSocket, type WebSocketServer } from "ws";
import type { Client } from "../actors.js";
import { listen } from "../served-bus.js";

type Options = Partial<ServeOptions<BehaviourContract, Principal>>;

export interface Server {
  readonly bus: Bus<BehaviourContract, "server">;
  readonly hub: Hub<BehaviourContract, Principal>;
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
  /** What the bus's `onError` was told. */
  readonly errors: EventwireError[];
}

export interface ServerOptions extends Options {
  /** Default: any that is free. */
  readonly port?: number;
  /** What serves on the HTTP server. Default: the HTTP server itself. */
  readonly on?: (http: HttpServer) => HttpServer | WebSocketServer;
}

/** A bus served over WebSocket on this machine, closed when the test ends. Everybody may do everything. */
export async function startServer({ port: wanted, on, ...options }: ServerOptions = {}): Promise<Server> {
  const { http, port } = await listen(wanted);
  const errors: EventwireError[] = [];
  const bus = createBus(behaviourContract, { onError: (error) => errors.push(error) });
  const hub = serve(bus, on?.(http) ?? http, { ...openAccess, ...options });
  onTestFinished(async () => {
    await bus.close();
    await new Promise((resolve) => http.close(resolve));
  });
  return { bus, hub, http, port, url: `ws://127.0.0.1:${port}/eventwire`, errors };
}

/** A connected bus, or one that tries to be, closed when the test ends. It reconnects at once. */
export function startClient(url: string, options: ConnectOptions = {}): Client {
  const errors: EventwireError[] = [];
  const bus = connect(behaviourContract, url, {
    WebSocket,
    reconnect: { delay: 5, maxDelay: 10 },
    onError: (error) => errors.push(error),
    ...options,
  });
  const statuses: Client["statuses"] = [];
  bus.connection.watch((status) => statuses.push(status));
  onTestFinished(() => bus.close());
  return { bus, errors, statuses };
}
