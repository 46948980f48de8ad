import type { Offset } from "./message.js";

/**
 * After what to begin: `"start"`, all that the log keeps; `"now"`, only what comes; an offset, as contexts, receipts and
 * `position()` give it; or a time.
 */
export type Position = "start" | "now" | Offset | Date;

/** A position, or a function that finds it when it is needed, such as in the database that holds what came of the events. */
export type Since = Position | (() => Position | Promise<Position>);
