import {
  type CloseReason,
  type Link,
  type LinkFacts,
  type LinkSource,
  MisuseError,
  type Runtime,
} from "@eventwire/core";
import { type AllFaults, allFaults, type Faults } from "./faults.js";
import { type Direction, MemoryConnection } from "./memory-connection.js";

/** A client's side of a network in memory: where its links come from, and what can befall them. */
export interface MemoryClient extends LinkSource {
  /** What befalls its connection by itself, from the next frame on; what is on its way arrives as it was to. */
  faults: Faults;
  /** Loses its connection and what is on its way; another is made after the network's retry delay. */
  cut(): void;
  /** Loses its connection, and gets no other until `goOnline`. */
  goOffline(): void;
  goOnline(): void;
  /** Holds what either side sends, as a network does that is slow, until `resume` or the connection's end. Nobody notices. */
  pause(): void;
  resume(): void;
  /**
   * From here on nothing arrives in this direction, while the other works and neither end is told. Who should receive
   * notices after the network's `noticeAfter` and closes; the client then connects again, and that connection is whole.
   */
  halfOpen(direction: Direction): void;
  /**
   * Cuts it off from its server: nothing arrives either way and no connection comes about, and nobody is told. Each end
   * notices after the network's `noticeAfter` and closes, unless it has healed.
   */
  partition(): void;
  /** Ends a partition and what is half open. What a reliable link held arrives now; datagrams are lost. */
  heal(): void;
}

/** What the client of a network shares with the others. */
export interface ClientHost {
  readonly runtime: Runtime;
  readonly chance: () => number;
  readonly maxFrameBytes: number;
  readonly retryDelay: number;
  readonly noticeAfter: number;
  /** Takes links for the server, if there is one. */
  readonly serve: () => ((link: Link) => void) | undefined;
}

const unreachable: CloseReason = { code: "ConnectFailed", message: "Nobody listens there.", retryable: true };
const offline: CloseReason = { code: "ConnectFailed", message: "There is no network.", retryable: true };
const refused: CloseReason = {
  code: "ConnectFailed",
  message: "The connection was refused.",
  retryable: true,
};
const unanswered: CloseReason = { code: "ConnectFailed", message: "No answer came.", retryable: true };

interface Dialling {
  readonly onLink: (link: Link) => void;
  readonly onFailure: ((reason: CloseReason) => void) | undefined;
  /** Takes back what it waits for: the next attempt, an answer. */
  cancel: (() => void) | undefined;
}

/** Connects again and again, until it is stopped. */
export class NetworkClient implements MemoryClient {
  readonly #host: ClientHost;
  readonly #facts: LinkFacts;
  /** Usually one. An end that cannot hear of the other's lives on until it notices. */
  readonly #connections = new Set<MemoryConnection>();
  #faults: AllFaults;
  #online = true;
  #partitioned = false;
  #dialling: Dialling | undefined;
  #awaitsAnswer = false;

  constructor(host: ClientHost, facts: Partial<LinkFacts>, faults: Faults) {
    this.#host = host;
    this.#facts = { transport: "memory", maxFrameBytes: host.maxFrameBytes, reliable: true, ...facts };
    this.#faults = allFaults(faults);
  }

  get faults(): Faults {
    return this.#faults;
  }

  set faults(faults: Faults) {
    this.#faults = allFaults(faults);
  }

  cut(): void {
    for (const connection of [...this.#connections]) connection.cut();
  }

  goOffline(): void {
    this.#online = false;
    this.cut();
  }

  goOnline(): void {
    this.#online = true;
  }

  pause(): void {
    for (const connection of this.#connections) connection.pause();
  }

  resume(): void {
    for (const connection of this.#connections) connection.resume();
  }

  halfOpen(direction: Direction): void {
    for (const connection of this.#connections) connection.silence(direction);
  }

  partition(): void {
    this.#partitioned = true;
    for (const direction of ["toServer", "toClient"] as const) this.halfOpen(direction);
  }

  heal(): void {
    this.#partitioned = false;
    for (const connection of this.#connections) connection.heal();
    if (this.#awaitsAnswer) this.#dial();
  }

  listen(onLink: (link: Link) => void, onFailure?: (reason: CloseReason) => void): () => void {
    if (this.#dialling) throw new MisuseError("This client is listened to already. End that first.");
    const dialling: Dialling = { onLink, onFailure, cancel: undefined };
    this.#dialling = dialling;
    this.#host.runtime.microtask(() => {
      if (this.#dialling === dialling) this.#dial();
    });
    return () => {
      if (this.#dialling !== dialling) return;
      this.#stopWaiting();
      this.#dialling = undefined;
    };
  }

  #dial(): void {
    if (this.#fails()) return;
    const { refuse, latency, jitter } = this.#faults;
    const { chance } = this.#host;
    if (refuse > 0 && chance() < refuse) {
      this.#fail(refused);
      return;
    }
    const delay = 2 * latency + (jitter > 0 ? jitter * (chance() + chance()) : 0);
    if (delay === 0) this.#connect();
    else
      this.#wait(delay, () => {
        if (!this.#fails()) this.#connect();
      });
  }

  /** Whether there is nobody to connect to; it is tried again then. */
  #fails(): boolean {
    if (!this.#online) this.#fail(offline);
    else if (this.#partitioned) {
      this.#wait(this.#host.noticeAfter, () => this.#fail(unanswered));
      this.#awaitsAnswer = true;
    } else if (!this.#host.serve()) this.#fail(unreachable);
    else return false;
    return true;
  }

  #fail(reason: CloseReason): void {
    this.#again();
    this.#dialling?.onFailure?.(reason);
  }

  #again(): void {
    this.#wait(this.#host.retryDelay, () => this.#dial());
  }

  /** Does `then` after so long, instead of what was waited for before. */
  #wait(delay: number, then: () => void): void {
    this.#stopWaiting();
    if (this.#dialling) this.#dialling.cancel = this.#host.runtime.timer(then, delay);
  }

  #stopWaiting(): void {
    this.#dialling?.cancel?.();
    this.#awaitsAnswer = false;
  }

  #connect(): void {
    this.#stopWaiting();
    const { runtime, chance, noticeAfter, serve } = this.#host;
    const dialling = this.#dialling;
    const connection = new MemoryConnection({
      facts: this.#facts,
      runtime,
      chance,
      noticeAfter: this.#facts.halfOpen ? Number.POSITIVE_INFINITY : noticeAfter,
      faults: () => this.#faults,
      onClientEnd: ({ retryable }) => {
        // One that outlives its listening is not made anew by the next.
        if (retryable && this.#dialling === dialling) this.#again();
      },
      onEnd: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    dialling?.onLink(connection.client);
    serve()?.(connection.server);
  }
}
