import {
  type CloseReason,
  type Link,
  type LinkFacts,
  type LinkSource,
  MisuseError,
  type Runtime,
  systemRuntime,
} from "@eventwire/core";
import { lost, type MemoryLink, memoryPair } from "./memory-link.js";

export interface MemoryNetworkOptions {
  /** Default: the platform's. */
  readonly runtime?: Runtime;
  /** The largest frame, in bytes. Default 1,000,000. */
  readonly maxFrameBytes?: number;
  /** How long a client waits before it connects again, in milliseconds. Default 1. */
  readonly retryDelay?: number;
}

/** A client's side of a network in memory: where its links come from, and what can befall them. */
export interface MemoryClient extends LinkSource {
  /** Loses its connection and what is on its way; another is made after the network's retry delay. */
  cut(): void;
  /** Loses its connection, and gets no other until `goOnline`. */
  goOffline(): void;
  goOnline(): void;
  /** Holds what either side sends, as a network does that is slow or silent, until `resume` or the connection's end. */
  pause(): void;
  resume(): void;
}

const unreachable: CloseReason = { code: "ConnectFailed", message: "Nobody listens there.", retryable: true };
const offline: CloseReason = { code: "ConnectFailed", message: "There is no network.", retryable: true };

/**
 * Links between buses of one process, ordered and asynchronous as over a network, and as fragile where a test wants it.
 *
 * @example
 * ```ts
 * const network = new MemoryNetwork();
 * createHub(bus, network.server, { authenticate: () => ({ id: "me" }), allow: { listen: { "*": true } } });
 * const source = network.client();
 * const client = createClient(contract, source);
 * source.cut(); // client.connection.status: "reconnecting", then "connected" again
 * ```
 */
export class MemoryNetwork {
  /** What `createHub` listens to: one hub at a time, another one once it has closed. */
  readonly server: LinkSource;
  readonly #runtime: Runtime;
  readonly #maxFrameBytes: number;
  readonly #retryDelay: number;
  #onLink: ((link: Link) => void) | undefined;

  constructor({
    runtime = systemRuntime,
    maxFrameBytes = 1_000_000,
    retryDelay = 1,
  }: MemoryNetworkOptions = {}) {
    this.#runtime = runtime;
    this.#maxFrameBytes = maxFrameBytes;
    this.#retryDelay = retryDelay;
    this.server = { listen: (onLink) => this.#serve(onLink) };
  }

  /**
   * A client of this network. Each has one connection at a time.
   *
   * @param facts what the server is to find, such as `{ auth: { token }, headers: { origin: "https://example.com" } }`.
   */
  client(facts: Partial<LinkFacts> = {}): MemoryClient {
    let near: MemoryLink | undefined;
    let far: MemoryLink | undefined;
    let online = true;
    const cut = () => {
      const ends = [near, far];
      for (const end of ends) end?.end(lost);
    };
    const hold = (paused: boolean) => {
      for (const end of [near, far]) if (end) end.paused = paused;
    };
    return {
      cut,
      goOffline: () => {
        online = false;
        cut();
      },
      goOnline: () => {
        online = true;
      },
      pause: () => hold(true),
      resume: () => hold(false),
      listen: (onLink, onFailure) => {
        let stopped = false;
        const dial = () => {
          if (stopped) return;
          const serve = this.#onLink;
          if (!serve || !online) {
            onFailure?.(online ? unreachable : offline);
            this.#runtime.timer(dial, this.#retryDelay);
            return;
          }
          const all = { transport: "memory", maxFrameBytes: this.#maxFrameBytes, reliable: true, ...facts };
          [near, far] = memoryPair(all, this.#runtime);
          near.onEnd = ({ retryable }) => {
            if (retryable) this.#runtime.timer(dial, this.#retryDelay);
          };
          onLink(near);
          serve(far);
        };
        this.#runtime.microtask(dial);
        return () => {
          stopped = true;
        };
      },
    };
  }

  #serve(onLink: (link: Link) => void): () => void {
    if (this.#onLink) throw new MisuseError("This network has a server already. Close that hub first.");
    this.#onLink = onLink;
    return () => {
      if (this.#onLink === onLink) this.#onLink = undefined;
    };
  }
}
