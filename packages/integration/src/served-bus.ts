import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Bus, type Contract, createBus, type EventwireError, type Runtime } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import type { Hub, Principal, ServeOptions } from "@eventwire/wire";
import { Server, type ServerOptions } from "socket.io";

export interface ServedBus<C extends Contract, User extends Principal> {
  readonly bus: Bus<C, "server">;
  readonly hub: Hub<C, User>;
  readonly io: Server;
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
  /** What the bus's `onError` was told. */
  readonly errors: EventwireError[];
  close(): Promise<void>;
}

export interface ServedBusOptions<C extends Contract, User extends Principal> {
  readonly serve: ServeOptions<C, User>;
  readonly io?: Partial<ServerOptions>;
  /** Default: any that is free. */
  readonly port?: number;
  readonly runtime?: Runtime;
}

/** A bus served over Socket.IO on this machine. */
export async function serveBus<C extends Contract, User extends Principal>(
  contract: C,
  { serve: options, io: own, port: wanted = 0, runtime }: ServedBusOptions<C, User>,
): Promise<ServedBus<C, User>> {
  const { http, port } = await listen(wanted);
  const io = new Server(http, { serveClient: false, ...own });
  const errors: EventwireError[] = [];
  const bus = createBus(contract, { onError: (error) => errors.push(error), runtime });
  const hub = serve(bus, io, options);
  return {
    bus,
    hub,
    io,
    http,
    port,
    url: `http://127.0.0.1:${port}`,
    errors,
    async close() {
      await bus.close();
      await io.close();
    },
  };
}

export async function listen(wanted = 0): Promise<{ readonly http: HttpServer; readonly port: number }> {
  const http = createServer();
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(wanted, "127.0.0.1", resolve);
  });
  return { http, port: (http.address() as AddressInfo).port };
}

/** Options of Socket.IO by which a client tries again at once. */
/** It also gives up a connection that breaks between its opening and the first packet: Socket.IO only notices by its timeout. */
export const quickly = { reconnectionDelay: 5, reconnectionDelayMax: 10, timeout: 250 };
