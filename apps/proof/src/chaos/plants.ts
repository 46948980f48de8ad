import type { Fault } from "./faults.js";

/** Mistakes that a broker, or who uses it, makes when it is told to: each must be found out. */
export const plants = [
  /** What is appended is acknowledged, and then written. */
  "acknowledge-before-commit",
  /** A listener keeps its offset before the effect of the event. */
  "cursor-before-handler",
  /** The last event of a page is passed over. */
  "off-by-one-at-the-tail",
  /** Who has taken the place of a producer does not keep it from appending. */
  "unfenced-producer",
] as const;

export type Plant = (typeof plants)[number];

/** What has to be done to processes for it to show. */
export const shownBy: Readonly<Record<Plant, readonly Fault[]>> = {
  "acknowledge-before-commit": ["killed"],
  "cursor-before-handler": ["killed"],
  "off-by-one-at-the-tail": [],
  "unfenced-producer": ["producer-replaced"],
};

/** What kill -9 cannot show, since the kernel keeps what was written. */
export const shownElsewhere = "synchronous-off";
