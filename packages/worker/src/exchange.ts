import type { Runtime } from "@eventwire/core";
import { listenTo, type MessageEndpoint } from "./endpoint.js";
import { messageOf, type Opening, type Packet, packetOf, type Serving } from "./packets.js";
import { type Locks, Presence } from "./presence.js";

/** One end of a link, as the exchange sees it. */
export interface Line {
  /** A packet of this link has come. */
  take(packet: Packet): void;
  /** What came for it, or may have, can come no more. */
  lost(why: string): void;
}

/** Told of what belongs to no link. */
export interface ExchangeReceiver {
  seek?(): void;
  serving?(server: string, serving: Serving): void;
  open?(link: string, opening: Opening): void;
  /** The endpoint's other end is gone for good. */
  closed?(): void;
}

/**
 * The packets of one side over one endpoint: any number of links, told apart by their ids, beside whatever the application
 * itself posts there.
 */
export class Exchange {
  readonly runtime: Runtime;
  readonly id: string;
  readonly #endpoint: MessageEndpoint;
  readonly #receiver: ExchangeReceiver;
  readonly #lines = new Map<string, Line>();
  readonly #stopListening: () => void;
  readonly #presence: Presence | undefined;
  #whenKnown: (() => void)[] | undefined = [];
  #lock: string | undefined;
  #stopped = false;
  #closed = false;

  constructor(
    endpoint: MessageEndpoint,
    runtime: Runtime,
    locks: Locks | undefined,
    receiver: ExchangeReceiver,
  ) {
    this.runtime = runtime;
    this.id = runtime.randomId();
    this.#endpoint = endpoint;
    this.#receiver = receiver;
    this.#stopListening = listenTo(endpoint, {
      message: (message) => this.#take(packetOf(message)),
      unreadable: () => this.#loseAll("A message could not be read."),
      closed: () => this.#close(),
    });
    this.#presence = locks && new Presence(locks, `eventwire:${this.id}`, (held) => this.#known(held));
    if (!locks) this.#known(false);
  }

  /** The lock by which the other side can tell that this one is gone; `undefined` also until it is {@link ready}. */
  get lock(): string | undefined {
    return this.#lock;
  }

  /** Whether the endpoint's other end is gone for good. */
  get closed(): boolean {
    return this.#closed;
  }

  has(link: string): boolean {
    return this.#lines.has(link);
  }

  /** Calls back once it is known whether there is a lock: at once where that is known. */
  ready(callback: () => void): void {
    if (this.#whenKnown) this.#whenKnown.push(callback);
    else callback();
  }

  post(...packet: Packet): void {
    if (this.#closed) return;
    try {
      this.#endpoint.postMessage(messageOf(packet));
    } catch {
      // All that is posted can be cloned: it was closed on this side.
      this.#close();
    }
  }

  add(link: string, line: Line): void {
    this.#lines.set(link, line);
  }

  remove(link: string): void {
    this.#lines.delete(link);
    this.#endIfDone();
  }

  /** Calls `gone` once the other side, which holds `lock`, is gone. */
  watch(lock: string | undefined, gone: () => void): (() => void) | undefined {
    return lock === undefined || this.#lock === undefined ? undefined : this.#presence?.watch(lock, gone);
  }

  /** Takes no further links. Those that are there go on; when they have ended, it leaves the endpoint. */
  stop(): void {
    this.#stopped = true;
    this.#endIfDone();
  }

  #known(held: boolean): void {
    if (held) this.#lock = this.#presence?.name;
    const callbacks = this.#whenKnown ?? [];
    this.#whenKnown = undefined;
    for (const callback of callbacks) if (!this.#stopped) callback();
  }

  #take(packet: Packet | undefined): void {
    if (!packet || this.#closed) return;
    const [kind, id, value] = packet;
    const line = this.#lines.get(id);
    if (line) line.take(packet);
    // Before it is known whether there is a lock, nothing is begun: this side asks, or says that it serves, after.
    else if (this.#stopped || this.#whenKnown) return;
    else if (kind === "seek") this.#receiver.seek?.();
    else if (kind === "serving") this.#receiver.serving?.(id, value);
    else if (kind === "open") this.#receiver.open?.(id, value);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Nothing can be posted any more, so that who waits for the lock must not take this side for there.
    this.#presence?.leave();
    this.#loseAll("The other end of the port is gone.");
    this.#receiver.closed?.();
  }

  #loseAll(why: string): void {
    for (const line of [...this.#lines.values()]) line.lost(why);
  }

  #endIfDone(): void {
    if (!this.#stopped || this.#lines.size > 0) return;
    this.#stopListening();
    this.#presence?.leave();
  }
}
