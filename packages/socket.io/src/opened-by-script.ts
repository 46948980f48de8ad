import type { Socket } from "socket.io";

/**
 * Whether a socket was opened by JSONP: by a script element of any page, for which browsers send no Origin. No client of
 * Socket.IO does so any more.
 */
export function isOpenedByScript({ handshake: { query } }: Socket): boolean {
  return query.transport === "polling" && query.j !== undefined;
}
