import { io, type Manager, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
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

/** Where Socket.IO keeps the connections of a page, also for another copy of this package. */
const kept = Symbol.for("eventwire.connections");

/** The connections that take others in. */
export class SharedConnections {
  readonly #open = new Map<Shared, Opening>();
  /** The namespaces that each has, or had, a socket of. */
  readonly #namespaces = new WeakMap<Manager, Set<string>>();

  /** Those of everybody who has the same Socket.IO. */
  static ofAll(): SharedConnections {
    const keeper: typeof io & { [kept]?: SharedConnections } = io;
    keeper[kept] ??= new SharedConnections();
    return keeper[kept];
  }

  take(opening: Opening): Shared {
    for (const [shared, by] of this.#open) if (isSame(by, opening)) return shared;
    const auth = new OpeningAuth(opening.auth);
    const socket = this.#socket(opening, opening.auth === undefined ? {} : { auth: auth.option! });
    const shared: Shared = {
      auth,
      socket: new SharedSocket(socket, { owned: true, gone: () => this.retire(shared) }),
    };
    this.#open.set(shared, opening);
    return shared;
  }

  /** Another namespace goes over a connection that there is where that was opened by the same options. */
  #socket(opening: Opening, auth: Partial<SocketOptions>): Socket {
    const options = { transports: ["websocket"], ...opening.socket, ...auth, autoConnect: false };
    // Socket.IO's own cache would give what the application opened by other options, and the application what was opened by these.
    const socket = io(opening.url, { ...options, forceNew: true });
    const name = namespaceOf(socket);
    const server = serverOf(opening.url, name);
    for (const [{ socket: other }, by] of this.#open) {
      const manager = other.socket.io;
      const names = this.#namespaces.get(manager)!;
      if (serverOf(by.url, namespaceOf(other.socket)) !== server || !isSame(by.socket, opening.socket))
        continue;
      if (names.has(name)) continue;
      names.add(name);
      return manager.socket(name, options);
    }
    this.#namespaces.set(socket.io, new Set([name]));
    return socket;
  }

  /** Takes nobody in any more. Those that are there stay. */
  retire(shared: Shared): void {
    this.#open.delete(shared);
  }
}

function namespaceOf(socket: Socket): string {
  return (socket as unknown as { readonly nsp: string }).nsp;
}

/** A URL without the namespace in it. */
function serverOf(url: string, namespace: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  return `${path.endsWith(namespace) ? path.slice(0, -namespace.length) : path}?${query}`;
}
