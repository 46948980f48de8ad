import type { Fault } from "./faults.js";

/** Mistakes that a broker, a client, or who uses one, makes when it is told to: each must be found out. */
export const plants = [
  /** What is appended is acknowledged, and then written. */
  "acknowledge-before-commit",
  /** A listener keeps its offset before the effect of the event. */
  "cursor-before-handler",
  /** The last event of a page is passed over, unless it is one that comes after all others: who waits for that would wait for nothing else. */
  "off-by-one-at-the-tail",
  /** Who has taken the place of a producer does not keep it from appending. */
  "unfenced-producer",
  /** What the outbox of a client sends is said to be in the log, and then written. */
  "appended-before-commit",
  /** A client that goes on where it was is sent what comes after the next event. */
  "resume-off-by-one",
  /** Who takes an outbox goes on as who had it, and does not know what was sent. */
  "session-reuse",
  /** A server does not look again at who may listen. */
  "missed-revocation",
] as const;

export type Plant = (typeof plants)[number];

/** What has to be done to processes for it to show. */
export const shownBy: Readonly<Record<Plant, readonly Fault[]>> = {
  "acknowledge-before-commit": ["servers-killed"],
  "cursor-before-handler": ["servers-killed"],
  "off-by-one-at-the-tail": ["killed"],
  "unfenced-producer": ["producer-replaced"],
  "appended-before-commit": ["servers-killed"],
  "resume-off-by-one": ["client-killed", "link-reset"],
  "session-reuse": ["client-killed"],
  "missed-revocation": ["permission-withdrawn"],
};

/** What kill -9 cannot show, since the kernel keeps what was written. */
export const shownElsewhere = "synchronous-off";
