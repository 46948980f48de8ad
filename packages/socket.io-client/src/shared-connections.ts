import { io, type ManagerOptions, type SocketOptions } from "socket.io-client";
import { isSame } from "./is-same.js";
import { type Auth, OpeningAuth } from "./opening-auth.js";
import { SharedSocket } from "./shared-socket.js";

/** What a connection is opened by. Those that are opened by the same share one. */
export interface Opening {
  readonly url: string;
  readonly auth: Auth;
  /** Options of Socket.IO's own. */
  readonly socket: Partial<ManagerOptions & SocketOptions>;
}

/** A connection for whoever opens one in the same way. */
export interface Shared {
  readonly socket: SharedSocket;
  readonly auth: OpeningAuth;
}

/** Where Socket.IO keeps the connections of a page, also for another copy of this package. It keeps a cache of its own as well. */
const kept = Symbol.for("eventwire.connections");

/** The connections that take others in. */
export class SharedConnections {
  readonly #open = new Map<Shared, Opening>();

  /** Those of everybody who has the same Socket.IO. */
  static ofAll(): SharedConnections {
    const keeper: typeof io & { [kept]?: SharedConnections } = io;
    keeper[kept] ??= new SharedConnections();
    return keeper[kept];
  }

  take(opening: Opening): Shared {
    for (const [shared, by] of this.#open) if (isSame(by, opening)) return shared;
    const auth = new OpeningAuth(opening.auth);
    const socket = io(opening.url, {
      transports: ["websocket"],
      autoConnect: false,
      ...opening.socket,
      ...(opening.auth === undefined ? {} : { auth: auth.option! }),
    });
    const shared: Shared = {
      auth,
      socket: new SharedSocket(socket, { owned: true, gone: () => this.retire(shared) }),
    };
    this.#open.set(shared, opening);
    return shared;
  }

  /** Takes nobody in any more. Those that are there stay. */
  retire(shared: Shared): void {
    this.#open.delete(shared);
  }
}
