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

/** What kill -9 cannot show, since the kernel keeps what was written. */
export const shownElsewhere = "synchronous-off";
