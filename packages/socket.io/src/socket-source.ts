import { type Link, type LinkSource, MisuseError } from "@eventwire/core";
import { SocketPackets } from "@eventwire/wire";
import type { Namespace, Server, Socket } from "socket.io";
import { FrameSender } from "./frame-sender.js";
import { LinkBudget } from "./link-budget.js";
import { maxHttpBufferSize } from "./max-http-buffer-size.js";
import { namespaceOf } from "./namespace-of.js";
import { SocketCarrier } from "./socket-carrier.js";
import { warnOfRecovery } from "./state-recovery.js";

/** Where a namespace keeps its one source, also for another copy of this package. */
const kept = Symbol.for("eventwire.source");

/**
 * The sockets of a namespace as links. A socket becomes one with its first frame, so that sockets of the application's
 * own, without Eventwire, are left alone.
 */
export function socketSource(io: Server | Namespace): LinkSource {
  const namespace: Namespace & { [kept]?: LinkSource } = namespaceOf(io);
  namespace[kept] ??= new SocketSource(namespace);
  return namespace[kept];
}

class SocketSource implements LinkSource {
  readonly #namespace: Namespace;
  /** One for each namespace that its sockets are in: what was made for names by a pattern has many. */
  readonly #writers = new WeakMap<
    Namespace,
    { readonly packets: SocketPackets; readonly sender: FrameSender }
  >();
  readonly #budget = new LinkBudget(20);
  /** Those that may have a link, also one that outlives the listening that brought it. */
  readonly #carriers = new Map<Socket, SocketCarrier>();
  readonly #accept = (socket: Socket) => this.#carry(socket);
  #onLink: ((link: Link) => void) | undefined;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  listen(onLink: (link: Link) => void): () => void {
    const namespace = this.#namespace;
    if (this.#onLink) {
      throw new MisuseError(
        `The namespace ${namespace.name} serves a bus already. Close that hub first, or serve another namespace.`,
      );
    }
    warnOfRecovery(namespace);
    this.#onLink = onLink;
    namespace.on("connection", this.#accept);
    for (const socket of namespace.sockets.values()) this.#carry(socket);
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      this.#onLink = undefined;
      namespace.off("connection", this.#accept);
      for (const carrier of this.#carriers.values()) carrier.leave();
    };
  }

  #carry(socket: Socket): void {
    if (this.#carriers.has(socket)) return;
    const carrier = new SocketCarrier(socket, {
      maxHttpBufferSize: maxHttpBufferSize(this.#namespace),
      ...this.#writerOf(socket.nsp),
      mayBegin: () => this.#budget.take(socket.conn),
      onLink: () => this.#onLink,
      left: () => this.#carriers.delete(socket),
    });
    this.#carriers.set(socket, carrier);
  }

  #writerOf(namespace: Namespace): { readonly packets: SocketPackets; readonly sender: FrameSender } {
    let writer = this.#writers.get(namespace);
    if (!writer) {
      const { encoder } = namespace.server;
      const packets = new SocketPackets((packet) => encoder.encode(packet), namespace.name);
      writer = { packets, sender: new FrameSender(packets) };
      this.#writers.set(namespace, writer);
    }
    return writer;
  }
}
