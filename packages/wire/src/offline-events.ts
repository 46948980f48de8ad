import { DisconnectedError, type Runtime } from "@eventwire/core";
import type { Outgoing } from "./outgoing.js";

/** How many live events a client keeps while it has no connection. */
const limit = 256;
/** For how long it keeps them, in milliseconds. */
const age = 10_000;

interface Kept {
  readonly name: string;
  readonly message: Outgoing;
  readonly cancelTimer: () => void;
}

/** The live events of a client that has no connection: bounded in number and age. What goes is reported, never silent. */
export class OfflineEvents {
  readonly #runtime: Runtime;
  readonly #report: (error: DisconnectedError) => void;
  #kept: Kept[] = [];

  constructor(runtime: Runtime, report: (error: DisconnectedError) => void) {
    this.#runtime = runtime;
    this.#report = report;
  }

  put(name: string, message: Outgoing): void {
    if (this.#kept.length >= limit) this.#drop(`${limit} others already wait for the connection`);
    // The oldest is due first, as all are kept for the same time.
    const expire = () => this.#drop(`there was no connection for ${age} ms`);
    this.#kept.push({ name, message, cancelTimer: this.#runtime.timer(expire, age) });
  }

  get size(): number {
    return this.#kept.length;
  }

  /** Gives the oldest, and keeps it no longer. */
  take(): Outgoing | undefined {
    const oldest = this.#kept.shift();
    oldest?.cancelTimer();
    return oldest?.message;
  }

  /** Gives up what is kept: the connection is closed for good. */
  giveUp(): void {
    while (this.#kept.length > 0) this.#drop("the connection is closed");
  }

  /** Gives up the oldest. */
  #drop(why: string): void {
    const { name, cancelTimer } = this.#kept.shift()!;
    cancelTimer();
    this.#report(new DisconnectedError(`"${name}" was not sent: ${why}.`, { name }));
  }
}
