import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import type { Flow } from "../traffic/flow.js";
import { positionOf } from "../traffic/positions.js";
import type { Emit } from "./wire.js";

/** How the sender spreads what it sends over the turns of its event loop. */
export type Pattern = "bursts" | "turns" | "open loop";

/** How many are sent in one turn, in bursts. */
const burst = 100;
/** How many a second, in the open loop. */
export const openRate = 10_000;

/** Sends for so long, as fast as the receiver lets it. */
export async function sendPattern(
  pattern: Pattern,
  emit: Emit,
  flow: Flow,
  milliseconds: number,
): Promise<void> {
  const end = performance.now() + milliseconds;
  if (pattern === "bursts") await sendBursts(emit, flow, end);
  else if (pattern === "turns") await sendTurns(emit, flow, end);
  else await sendOpenly(emit, flow, (milliseconds * openRate) / 1_000);
}

async function sendBursts(emit: Emit, flow: Flow, end: number): Promise<void> {
  do {
    if (flow.full) await flow.room();
    for (let index = 0; index < burst; index++) emit(positionOf(flow.sending()));
    await turn();
  } while (performance.now() < end);
}

async function sendTurns(emit: Emit, flow: Flow, end: number): Promise<void> {
  while (performance.now() < end) {
    if (flow.full) await flow.room();
    await new Promise<void>((resolve) => {
      const next = () => {
        // The clock is read once in a while: it costs a part of what is measured.
        if (flow.full || (flow.sent % 256 === 0 && performance.now() >= end)) {
          resolve();
          return;
        }
        emit(positionOf(flow.sending()));
        setImmediate(next);
      };
      setImmediate(next);
    });
  }
}

/** By the clock, whether or not the receiver keeps up: what is due at each tick of a timer of a millisecond. */
async function sendOpenly(emit: Emit, flow: Flow, count: number): Promise<void> {
  const start = performance.now();
  for (let sent = 0; sent < count; ) {
    await wait(1);
    const due = Math.min(count, ((performance.now() - start) * openRate) / 1_000);
    for (; sent < due; sent++) emit(positionOf(flow.sending()));
  }
}
