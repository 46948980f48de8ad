import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/** The port that a server of any kind got, once it listens. */
export async function listenerPort(server: Pick<Server, "listening" | "address" | "once">): Promise<number> {
  if (!server.listening) await once(server as Server, "listening");
  return (server.address() as AddressInfo).port;
}
