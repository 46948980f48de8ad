import { drainingCode, hop } from "@eventwire/wire";
import type { Manager } from "socket.io-client";

/** How long to wait before another link, after one that ended with this code, in milliseconds. */
export function retryDelay(manager: Manager, code: string): number {
  if (code === drainingCode) return hop * Math.random();
  // Spread, so that the clients of a server that restarts do not all come at once.
  return manager.reconnectionDelay() * (0.5 + Math.random() / 2);
}
