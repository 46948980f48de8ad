import type { CloseReason, Subscription } from "@eventwire/core";
import { Watched } from "./watched.js";

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
  readonly #watched: Watched<Status>;

  constructor(since: number, failed: (error: unknown) => void) {
    this.#watched = new Watched<Status>({ state: "connecting", reason: undefined, since }, failed);
  }

  get current(): Status {
    return this.#watched.current;
  }

  set(state: ConnectionState, reason: CloseReason | undefined, at: number): void {
    const { current } = this;
    if (state === current.state && state !== "reconnecting" && state !== "connecting") return;
    this.#watched.set({ state, reason, since: state === current.state ? current.since : at });
  }

  watch(listener: (status: Status) => void, signal: AbortSignal | undefined): Subscription {
    return this.#watched.watch(listener, signal);
  }
}
