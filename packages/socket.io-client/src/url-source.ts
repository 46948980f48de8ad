import { type CloseReason, type Link, type LinkSource, MisuseError, type Runtime } from "@eventwire/core";
import { type Page, watchWake } from "@eventwire/wire";
import { retryDelay } from "./retry-delay.js";
import type { Opening, Shared, SharedConnections } from "./shared-connections.js";
import type { Seat } from "./shared-socket.js";

/**
 * Links to a URL, over a connection that others may share. A bus that is sent away for now goes over to another connection, and so do
 * those that come after it: it asks for credentials anew, and may reach another server.
 */
export function urlSource(opening: Opening, connections: SharedConnections, runtime: Runtime): LinkSource {
  let listening = false;
  return {
    listen(onLink, onFailure) {
      if (listening) throw new MisuseError("This source of links is listened to already.");
      listening = true;
      const journey = new Journey(opening, connections, onLink, onFailure);
      const stopWaking = watchWake(() => journey.wake(), globalThis as Page, runtime);
      return () => {
        listening = false;
        stopWaking();
        journey.end();
      };
    },
  };
}

/** A bus on its way from one connection to the next. */
class Journey implements Seat {
  readonly #opening: Opening;
  readonly #connections: SharedConnections;
  readonly #onLink: (link: Link) => void;
  readonly #onFailure: ((reason: CloseReason) => void) | undefined;
  asking = false;
  #shared!: Shared;
  #leave: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    opening: Opening,
    connections: SharedConnections,
    onLink: (link: Link) => void,
    onFailure: ((reason: CloseReason) => void) | undefined,
  ) {
    this.#opening = opening;
    this.#connections = connections;
    this.#onLink = onLink;
    this.#onFailure = onFailure;
    this.#join();
  }

  onLink(link: Link): void {
    this.#onLink(link);
  }

  onFailure(reason: CloseReason): void {
    this.#onFailure?.(reason);
  }

  onOver({ code, retryable }: CloseReason): void {
    const { socket } = this.#shared;
    if (retryable) this.#connections.retire(this.#shared);
    this.end();
    if (!retryable || !socket.mayReconnect) return;
    this.#retry = setTimeout(() => this.#join(), retryDelay(socket.socket.io, code));
  }

  onCrowded(): void {
    this.#change();
  }

  wake(): void {
    if (this.#retry === undefined) this.#shared.socket.wake(this);
    else this.#join();
  }

  end(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#leave?.();
    this.#leave = undefined;
  }

  #change(): void {
    this.#connections.retire(this.#shared);
    this.end();
    this.#join();
  }

  #join(): void {
    this.end();
    const shared = this.#connections.take(this.#opening);
    const { socket, auth } = shared;
    this.#shared = shared;
    const leave = socket.join(this);
    this.#leave = leave;
    this.asking = socket.opened;
    if (!this.asking) {
      socket.want(this);
      return;
    }
    const decide = (current: boolean) => {
      if (this.#leave !== leave) return;
      this.asking = false;
      if (current) socket.want(this);
      else this.#change();
    };
    // Where it fails it fails again, and is reported, as the next connection asks.
    auth.isCurrent().then(decide, () => decide(false));
  }
}
