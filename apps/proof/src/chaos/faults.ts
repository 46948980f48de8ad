/** Everything that is done to the processes, and to the links between them. */
export const faults = [
  "killed",
  "killed-starting",
  "killed-closing",
  "killed-together",
  "killed-all",
  "killed-while-stopped",
  "stopped",
  "stopped-beyond-lease",
  "producer-replaced",
  "producer-fenced",
  "closed",
  "client-killed",
  "servers-killed",
  "client-stopped-beyond-heartbeat",
  "server-drained",
  "link-reset",
  "links-reset-together",
  "link-half-open",
  "link-throttled",
  "link-delayed",
  "link-refused",
  "permission-withdrawn",
  "trimmed-while-away",
] as const;

export type Fault = (typeof faults)[number];

export type FaultCounts = Readonly<Record<Fault, number>>;

/** What is chosen from. */
export type Chosen = Exclude<Fault, "producer-fenced">;

/** By which of them a fault comes about. */
export function chosenFor(fault: Fault): Chosen {
  return fault === "producer-fenced" ? "producer-replaced" : fault;
}

export const chosen: readonly Chosen[] = [...new Set(faults.map(chosenFor))];
