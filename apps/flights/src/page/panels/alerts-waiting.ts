import type { AlertOutbox } from "../airspace-bus.js";
import { findElement, writeText } from "../elements.js";

/** Says how many alerts of this page the hub does not have yet; those of an earlier page in this browser are among them. */
export function startAlertsWaiting(outbox: AlertOutbox): void {
  const waiting = findElement("alerts-waiting", HTMLElement);
  outbox.watch(({ size, saving }) => writeText(waiting, describe(size, saving)));
}

function describe(size: number, saving: number): string {
  if (size === 0) return "";
  // Until then a reload would lose it.
  if (saving > 0) return "Saving…";
  return size === 1 ? "1 alert waits for the hub." : `${size} alerts wait for the hub.`;
}
