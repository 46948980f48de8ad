import { type LogBug, logBugs } from "../log/bugs.js";
import { type LinkBug, linkBugs } from "./links/broken-link.js";

/** Mistakes that the simulated applications make when they are told to. */
export const programBugs = [
  /** A listener keeps its offset before the effect of the event. */
  "offset-before-effect",
  /** What is saved of a projection says that it is of one event more. */
  "snapshot-ahead",
] as const;

export type Bug = LogBug | LinkBug | (typeof programBugs)[number];

export const bugs: readonly Bug[] = [...logBugs, ...programBugs, ...linkBugs];
