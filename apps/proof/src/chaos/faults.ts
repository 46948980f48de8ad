/** Everything that is done to the processes. */
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
] as const;

export type Fault = (typeof faults)[number];

export type FaultCounts = Readonly<Record<Fault, number>>;

/** What is chosen from; the others follow from these. */
export const chosen = faults.filter((fault) => fault !== "producer-fenced");
