import type { Namespace } from "socket.io";

/**
 * Warns when Socket.IO's own connection state recovery is on: it keeps each frame for clients that will ask for none of
 * them, and lets a socket come back without the application's middleware. It is no error, so the bus's `onError` would
 * be the wrong place; a process warning can be seen, filtered by its code and turned off as any other.
 */
export function warnOfRecovery({ name, server }: Namespace): void {
  if (server._opts.connectionStateRecovery === undefined) return;
  process.emitWarning(
    `Socket.IO's connectionStateRecovery is on for the server of the namespace ${name}. A bus restores what its clients ` +
      "listen to by itself; recovery only costs memory and skips the middleware of the application. Turn it off.",
    { type: "EventwireWarning", code: "EVENTWIRE_STATE_RECOVERY" },
  );
}
