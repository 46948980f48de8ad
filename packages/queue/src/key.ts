/** What orders entries: those of one key are worked on one at a time. */
export type Key = string | number;
