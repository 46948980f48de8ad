import {
  type CloseReason,
  type Link,
  type LinkFacts,
  type LinkReceiver,
  type LinkSource,
  type Runtime,
  systemRuntime,
} from "@eventwire/core";

export interface MemoryNetworkOptions {
  /** Default: the platform's. */
  readonly runtime?: Runtime;
  /** The largest frame, in bytes. Default 1,000,000. */
  readonly maxFrameBytes?: number;
  /** How long a client waits before it connects again, in milliseconds. Default 1. */
  readonly retryDelay?: number;
}

/** A client's side of a network in memory. */
export interface MemoryClient extends LinkSource {
  /** Cuts its connection, as a network does; it connects again after the network's retry delay. */
  cut(): void;
}

const lost: CloseReason = { code: "Lost", message: "The connection was cut.", retryable: true };
const refused: CloseReason = { code: "Refused", message: "Nobody listens.", retryable: true };

/**
 * Links between buses of one process, in order and asynchronous as over a network.
 *
 * @example
 * ```ts
 * const network = new MemoryNetwork();
 * createHub(bus, network.server, { authenticate: () => ({ id: "me" }), allow: { listen: { "*": true } } });
 * const client = createClient(contract, network.client());
 * ```
 */
export class MemoryNetwork {
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
    this.server = {
      listen: (onLink) => {
        this.#onLink = onLink;
        return () => {
          this.#onLink = undefined;
        };
      },
    };
  }

  /** A client of this network. Each has one connection at a time. */
  client(facts: Partial<LinkFacts> = {}): MemoryClient {
    let current: MemoryLink | undefined;
    return {
      cut: () => current?.end(lost),
      listen: (onLink, onFailure) => {
        let stopped = false;
        const dial = () => {
          if (stopped) return;
          if (!this.#onLink) {
            onFailure?.(refused);
            this.#runtime.timer(dial, this.#retryDelay);
            return;
          }
          const [near, far] = this.#pair(facts);
          current = near;
          near.onEnd = ({ retryable }) => {
            if (retryable) this.#runtime.timer(dial, this.#retryDelay);
          };
          onLink(near);
          this.#onLink(far);
        };
        this.#runtime.microtask(dial);
        return () => {
          stopped = true;
        };
      },
    };
  }

  #pair(facts: Partial<LinkFacts>): readonly [MemoryLink, MemoryLink] {
    const full = { transport: "memory", maxFrameBytes: this.#maxFrameBytes, reliable: true, ...facts };
    const near = new MemoryLink(full, this.#runtime);
    const far = new MemoryLink(full, this.#runtime);
    near.other = far;
    far.other = near;
    return [near, far];
  }
}

/** One end of a connection in memory. */
class MemoryLink implements Link {
  readonly facts: LinkFacts;
  readonly #runtime: Runtime;
  readonly #inbox: (string | Uint8Array)[] = [];
  readonly bufferedBytes = 0;
  other: MemoryLink | undefined;
  onEnd: ((reason: CloseReason) => void) | undefined;
  #receiver: LinkReceiver | undefined;
  #ended: CloseReason | undefined;
  #scheduled = false;

  constructor(facts: LinkFacts, runtime: Runtime) {
    this.facts = facts;
    this.#runtime = runtime;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#schedule();
  }

  send(frame: string | Uint8Array): boolean {
    if (!this.#ended) this.other?.take(frame);
    return true;
  }

  /** Ends both sides; what was sent before still arrives. */
  close(reason: CloseReason): void {
    if (this.#ended) return;
    this.#finish(reason);
    this.other?.endAfterInbox({ ...lost, retryable: reason.retryable });
  }

  /** Ends both sides at once: what has not arrived is lost. */
  end(reason: CloseReason): void {
    this.#finish(reason);
    this.other?.finishLost(reason);
  }

  take(frame: string | Uint8Array): void {
    if (this.#ended) return;
    this.#inbox.push(frame);
    this.#schedule();
  }

  endAfterInbox(reason: CloseReason): void {
    this.#runtime.microtask(() => {
      this.#deliver();
      this.#finish(reason);
    });
  }

  finishLost(reason: CloseReason): void {
    this.#finish(reason);
  }

  #schedule(): void {
    if (this.#scheduled || !this.#receiver) return;
    this.#scheduled = true;
    this.#runtime.microtask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#ended && this.#receiver && this.#inbox.length > 0)
      this.#receiver.frame(this.#inbox.shift()!);
  }

  #finish(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#receiver?.closed(reason);
    this.onEnd?.(reason);
  }
}
