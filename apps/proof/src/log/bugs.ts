const eventBugs = [
  /** An append is acknowledged before it is written and synced. */
  "acknowledged-before-commit",
  /** Nothing is ever synced. */
  "never-synced",
  /** A page that ends before the log does says that it looked one event further. */
  "page-off-by-one",
  /** What an older epoch of a producer appends is taken. */
  "producer-not-fenced",
  /** Who has lost a cursor still stores its state. */
  "cursor-not-fenced",
  /** A journal that came from a backup goes on under its old epoch. */
  "epoch-unchanged",
  /** Nobody is told that the log let events go. */
  "gap-not-told",
  /** An id that was there is appended again. */
  "repetition-not-known",
  /** What is to be written together is written in two transactions. */
  "written-in-two",
] as const;

/** Those of its tasks. */
export const taskBugs = [
  /** A task is acknowledged before it is written and synced. */
  "enqueued-before-commit",
  /** What goes with the end of a task is written although its worker has lost it. */
  "settled-without-fence",
  /** Who has lost a task settles it all the same, while another one has it. */
  "token-not-checked",
  /** Tasks of one key are claimed at once. */
  "keys-at-once",
  /** A task that others come after ends in two transactions: with the first it is its worker's no more, with the second those come. */
  "ended-in-two",
  /** A task is claimed before those have ended that it comes after. */
  "after-not-waited-for",
  /** An attempt that has failed does not count. */
  "attempt-not-counted",
  /** What a task gives is forgotten. */
  "result-not-kept",
] as const;

/** Mistakes that the log makes when it is told to, so that the simulation can show that it would find them. */
export const logBugs = [...eventBugs, ...taskBugs];

export type LogBug = (typeof logBugs)[number];

export type LogBugs = ReadonlySet<string>;
