import { createBus } from "@eventwire/core";
import { serve } from "@eventwire/worker";
import { desk } from "./contract.js";

/** Serves a desk whose notes everybody may write, and hear. */
export function serveDesk(endpoint: Parameters<typeof serve>[1], end: () => void = () => undefined) {
  const bus = createBus(desk);
  let notes = 0;
  bus.on("note.written", () => {
    notes += 1;
  });
  const hub = serve(bus, endpoint, {
    authenticate: () => ({ id: "somebody" }),
    allow: { listen: { "*": true }, emit: { "*": true }, request: { "*": true } },
  });
  bus.handle("note.count", () => notes);
  bus.handle("peer.count", () => hub.peers().length);
  bus.handle("worker.end", () => {
    end();
    return null;
  });
  return hub;
}
