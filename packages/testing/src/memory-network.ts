import {
  type Link,
  type LinkFacts,
  type LinkSource,
  MisuseError,
  type Runtime,
  systemRuntime,
} from "@eventwire/core";
import { seededRandom } from "@eventwire/queue/virtual-clock";
import { allFaults, type Faults } from "./faults.js";
import { type ClientHost, type MemoryClient, NetworkClient } from "./memory-client.js";

export interface MemoryNetworkOptions {
  /** Default: the platform's. */
  readonly runtime?: Runtime | undefined;
  /** The largest frame, in bytes. A larger one closes the connection. Default 1,000,000. */
  readonly maxFrameBytes?: number | undefined;
  /** How long a client waits before it connects again, in milliseconds. Default 1. */
  readonly retryDelay?: number | undefined;
  /**
   * After how many milliseconds of silence an end takes its connection for lost, unless its facts say `halfOpen`: then the
   * buses ask each other. Default 45,000, as Socket.IO's client.
   */
  readonly noticeAfter?: number | undefined;
  /** What befalls the connections of clients that are not given faults of their own. Default: nothing. */
  readonly faults?: Faults | undefined;
  /** What chance begins with: on a virtual clock the same seed gives the same run. Default: drawn from the runtime. */
  readonly seed?: number | undefined;
}

export interface MemoryClientOptions {
  /** What befalls this client's connections. Default: the network's. */
  readonly faults?: Faults | undefined;
}

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
 * source.faults = { latency: 80, jitter: 40, cut: 0.01 };
 * ```
 */
export class MemoryNetwork {
  /** What `createHub` listens to: one hub at a time, another one once it has closed. */
  readonly server: LinkSource;
  /** What its chance began with. */
  readonly seed: number;
  readonly #host: ClientHost;
  readonly #faults: Faults;
  #onLink: ((link: Link) => void) | undefined;

  /** @throws {MisuseError} when a fault is none. */
  constructor({
    runtime = systemRuntime,
    maxFrameBytes = 1_000_000,
    retryDelay = 1,
    noticeAfter = 45_000,
    faults = {},
    seed = Math.floor(runtime.random() * 2 ** 32),
  }: MemoryNetworkOptions = {}) {
    this.seed = seed;
    this.#faults = allFaults(faults);
    this.#host = {
      runtime,
      chance: seededRandom(seed),
      maxFrameBytes,
      retryDelay,
      noticeAfter,
      serve: () => this.#onLink,
    };
    this.server = { listen: (onLink) => this.#serve(onLink) };
  }

  /**
   * A client of this network. Each has one connection at a time.
   *
   * @param facts what the server is to find, such as `{ auth: { token }, headers: { origin: "https://example.com" } }`.
   *   `{ reliable: false }` gives links of datagrams, which show their {@link Faults} themselves; `{ halfOpen: true }` those
   *   that never notice silence.
   */
  client(facts: Partial<LinkFacts> = {}, { faults = this.#faults }: MemoryClientOptions = {}): MemoryClient {
    return new NetworkClient(this.#host, facts, faults);
  }

  #serve(onLink: (link: Link) => void): () => void {
    if (this.#onLink) throw new MisuseError("This network has a server already. Close that hub first.");
    this.#onLink = onLink;
    return () => {
      if (this.#onLink === onLink) this.#onLink = undefined;
    };
  }
}
