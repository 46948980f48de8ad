import { type Link, type LinkSource, MisuseError } from "@eventwire/core";
import { SocketPackets } from "@eventwire/wire";
import type { Namespace, Server, Socket } from "socket.io";
import { FrameSender } from "./frame-sender.js";
import { LinkBudget } from "./link-budget.js";
import { maxHttpBufferSize } from "./max-http-buffer-size.js";
import { namespaceOf } from "./namespace-of.js";
import { type Carriage, SocketCarrier } from "./socket-carrier.js";
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
  readonly #carriages = new WeakMap<Namespace, Carriage>();
  readonly #budget = new LinkBudget(20);
  /** Those that may have a link, also one that outlives the listening that brought it. */
  readonly #carriers = new Map<Socket, SocketCarrier>();
  readonly #accept = (socket: Socket) => this.#carry(socket);
  /** What each socket calls as itself. What is not as Socket.IO's parser writes a frame comes by its events. */
  readonly #heard: (this: Socket, event: string, ...values: unknown[]) => void;
  readonly #disconnected: (this: Socket) => void;
  #onLink: ((link: Link) => void) | undefined;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
    const carriers = this.#carriers;
    this.#heard = function (event, ...values) {
      carriers.get(this)?.take(event, ...values);
    };
    this.#disconnected = function () {
      carriers.get(this)?.lost();
    };
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
    this.#carriers.set(socket, new SocketCarrier(socket, this.#carriageOf(socket.nsp)));
    socket.onAny(this.#heard);
    socket.on("disconnect", this.#disconnected);
  }

  #leave(socket: Socket): void {
    this.#carriers.delete(socket);
    socket.offAny(this.#heard);
    socket.off("disconnect", this.#disconnected);
  }

  #carriageOf(namespace: Namespace): Carriage {
    let carriage = this.#carriages.get(namespace);
    if (!carriage) {
      const { encoder } = namespace.server;
      const packets = new SocketPackets((packet) => encoder.encode(packet), namespace.name);
      carriage = {
        packets,
        sender: new FrameSender(packets),
        maxFrameBytes: () => packets.maxFrameBytes(maxHttpBufferSize(namespace)),
        mayBegin: (socket) => this.#budget.take(socket.conn),
        onLink: () => this.#onLink,
        left: (socket) => this.#leave(socket),
      };
      this.#carriages.set(namespace, carriage);
    }
    return carriage;
  }
}
