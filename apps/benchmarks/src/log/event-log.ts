import type { Report } from "./reports.js";

/** Where a log is. */
export interface Place {
  /** What its clients connect to: the address of a server, or a folder. */
  readonly address: string;
  /** Which of the logs there. */
  readonly name: string;
}

/** How an implementation keeps events. */
export interface EventLog {
  /** Opens a log, in the process of who appends to it or of who follows it. */
  open(place: Place): Promise<OpenLog>;
}

export interface OpenLog {
  /** Resolves when it is kept, as durably as the implementation can, with where that is. */
  append(report: Report): Promise<string>;
  /** Appends all of them, the fastest way there is. What comes of it is not measured. */
  fill(reports: readonly Report[]): Promise<unknown>;
  /** Gives what was appended, from the first report on, checked by its schema, until the result is called. */
  follow(follower: Follower): Promise<() => unknown>;
  /** Gives the same to look at, where to follow it does more than to read. Default: it is followed. */
  kept?(follower: Follower): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface Follower {
  received(report: Report): void;
  failed(error: unknown): void;
}
