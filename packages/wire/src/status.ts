import type { CloseReason, Subscription } from "@eventwire/core";
import { subscription } from "@eventwire/core/attach";

/**
 * `connecting`: for the first time. `connected`: the server has welcomed this bus. `reconnecting`: the connection was
 * lost, or could not be made, and is tried again; over a socket of the application's own, when the application connects it.
 * `closed`: for good.
 */
export type ConnectionState = "connecting" | "connected" | "reconnecting" | "closed";

export interface Status {
  readonly state: ConnectionState;
  /** Why it is not connected, where that is known. */
  readonly reason: CloseReason | undefined;
  /** When it became so, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/** A status and those who watch it. */
export class StatusSubject {
  readonly #watchers = new Set<{ readonly listener: (status: Status) => void }>();
  readonly #failed: (error: unknown) => void;
  #current: Status;

  constructor(since: number, failed: (error: unknown) => void) {
    this.#current = { state: "connecting", reason: undefined, since };
    this.#failed = failed;
  }

  get current(): Status {
    return this.#current;
  }

  set(state: ConnectionState, reason: CloseReason | undefined, since: number): void {
    if (state === this.#current.state && state !== "reconnecting" && state !== "connecting") return;
    this.#current = { state, reason, since: state === this.#current.state ? this.#current.since : since };
    for (const watcher of [...this.#watchers]) {
      // One that was told before may have stopped it.
      if (this.#watchers.has(watcher)) this.#tell(watcher.listener);
    }
  }

  watch(listener: (status: Status) => void, signal: AbortSignal | undefined): Subscription {
    const watcher = { listener };
    this.#watchers.add(watcher);
    const stop = subscription(() => this.#watchers.delete(watcher), signal);
    if (!signal?.aborted) this.#tell(listener);
    return stop;
  }

  #tell(listener: (status: Status) => void): void {
    try {
      listener(this.#current);
    } catch (error) {
      this.#failed(error);
    }
  }
}
