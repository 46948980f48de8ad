import type { Socket } from "socket.io";

/** Who is told of what becomes of a connection's outflow. */
export interface OutflowWatcher {
  /** The transport has passed on what it was handed. */
  drained(): void;
  /** Polling was upgraded to this transport. */
  upgraded(transport: string): void;
}

/** What was given to a connection of Socket.IO and has not left this process. */
export class Outflow {
  readonly #conn: Socket["conn"];
  readonly #watcher: OutflowWatcher;
  #transport: Socket["conn"]["transport"];
  /** What waits for the transport, and what it was handed and has not passed on, in bytes. */
  #waiting = 0;
  #passing = 0;
  readonly #handed = () => {
    this.#passing += this.#waiting;
    this.#waiting = 0;
  };
  readonly #passed = () => {
    this.#passing = 0;
    this.#watcher.drained();
  };
  /** Where there may be another transport yet. */
  readonly #upgraded: (() => void) | undefined;

  constructor(conn: Socket["conn"], watcher: OutflowWatcher) {
    this.#conn = conn;
    this.#watcher = watcher;
    this.#transport = conn.transport;
    // Not conn's own "drain", which comes when the transport was handed what waited, whether or not it has passed it on.
    conn.on("flush", this.#handed);
    this.#transport.on("drain", this.#passed);
    if (this.#transport.name === "websocket") return;
    this.#upgraded = () => this.#upgrade();
    conn.on("upgrade", this.#upgraded);
  }

  get bytes(): number {
    return this.#waiting + this.#passing;
  }

  add(bytes: number): void {
    this.#waiting += bytes;
  }

  stop(): void {
    this.#conn.off("flush", this.#handed);
    this.#transport.off("drain", this.#passed);
    if (this.#upgraded) this.#conn.off("upgrade", this.#upgraded);
  }

  /** Polling is upgraded when it has passed on everything. */
  #upgrade(): void {
    this.#transport.off("drain", this.#passed);
    this.#transport = this.#conn.transport;
    this.#transport.on("drain", this.#passed);
    this.#watcher.upgraded(this.#transport.name);
    this.#passed();
  }
}
