import { DisconnectedError, type Runtime } from "@eventwire/core";

/** How many live events a client keeps while it has no connection. */
const limit = 256;
/** For how long it keeps them, in milliseconds. */
const age = 10_000;

interface Kept {
  readonly name: string;
  readonly message: string;
  readonly at: number;
}

/** The live events of a client that has no connection: bounded in number and age. What goes is reported, never silent. */
export class OfflineEvents {
  readonly #runtime: Runtime;
  readonly #report: (error: DisconnectedError) => void;
  #kept: Kept[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(runtime: Runtime, report: (error: DisconnectedError) => void) {
    this.#runtime = runtime;
    this.#report = report;
  }

  put(name: string, message: string): void {
    if (this.#kept.length >= limit) this.#drop(1, `${limit} others already wait for the connection`);
    this.#kept.push({ name, message, at: this.#runtime.monotonic() });
    this.#cancelTimer ??= this.#runtime.timer(() => this.#expire(), age);
  }

  /** Gives what is kept, in order, and keeps it no longer. */
  take(): readonly string[] {
    const messages = this.#kept.map(({ message }) => message);
    this.#clear();
    return messages;
  }

  /** Gives up what is kept: the connection is closed for good. */
  giveUp(): void {
    this.#drop(this.#kept.length, "the connection is closed");
    this.#clear();
  }

  #expire(): void {
    this.#cancelTimer = undefined;
    const now = this.#runtime.monotonic();
    const fresh = this.#kept.findIndex(({ at }) => now - at < age);
    this.#drop(fresh === -1 ? this.#kept.length : fresh, `there was no connection for ${age} ms`);
    const oldest = this.#kept[0];
    if (oldest) this.#cancelTimer = this.#runtime.timer(() => this.#expire(), oldest.at + age - now);
  }

  #drop(count: number, why: string): void {
    for (const { name } of this.#kept.splice(0, count)) {
      this.#report(new DisconnectedError(`"${name}" was not sent: ${why}.`, { name }));
    }
  }

  #clear(): void {
    this.#kept = [];
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
