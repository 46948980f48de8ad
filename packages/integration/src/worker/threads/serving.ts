import { parentPort } from "node:worker_threads";
import { createBus } from "@eventwire/core";
import { serve } from "@eventwire/worker";
import { mill } from "./contract.js";

/** A thread that serves a bus to whoever started it. */
const bus = createBus(mill);
let milled = 0;
bus.on("grain.poured", (grain) => {
  milled += 1;
  bus.emit("flour.milled", { grain, at: new Date(grain) });
});
bus.handle("flour.count", () => milled);
bus.handle("stone.break", () => {
  for (let grain = 0; grain < 100; grain++) bus.emit("flour.milled", { grain, at: new Date(grain) });
  setImmediate(() => {
    throw new Error("The stone is broken.");
  });
  return new Promise<null>(() => undefined);
});
bus.handle("stone.turn", (milliseconds) => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
  return "turned" as const;
});
serve(bus, parentPort!, {
  authenticate: ({ auth }) => (auth === "miller" ? { id: auth } : undefined),
  allow: { listen: { "*": true }, emit: { "*": true }, request: { "*": true } },
  // Far less than the stone may turn.
  limits: { heartbeat: 100 },
});
