import type { Socket } from "socket.io";

/** What was given to a connection of Socket.IO and has not left this process. */
export class Outflow {
  readonly #conn: Socket["conn"];
  readonly #passed: () => void;
  #transport: Socket["conn"]["transport"];
  /** What waits for the transport, and what it was handed and has not passed on, in bytes. */
  #waiting = 0;
  #passing = 0;

  /** @param drained told when the transport has passed on what it was handed. */
  constructor(conn: Socket["conn"], drained: () => void) {
    this.#conn = conn;
    this.#passed = () => {
      this.#passing = 0;
      drained();
    };
    this.#transport = conn.transport;
    // Not conn's own "drain", which comes when the transport was handed what waited, whether or not it has passed it on.
    conn.on("flush", this.#handed);
    conn.on("upgrade", this.#upgraded);
    this.#transport.on("drain", this.#passed);
  }

  get bytes(): number {
    return this.#waiting + this.#passing;
  }

  add(bytes: number): void {
    this.#waiting += bytes;
  }

  stop(): void {
    this.#conn.off("flush", this.#handed);
    this.#conn.off("upgrade", this.#upgraded);
    this.#transport.off("drain", this.#passed);
  }

  readonly #handed = () => {
    this.#passing += this.#waiting;
    this.#waiting = 0;
  };

  /** Polling is upgraded when it has passed on everything. */
  readonly #upgraded = () => {
    this.#transport.off("drain", this.#passed);
    this.#transport = this.#conn.transport;
    this.#transport.on("drain", this.#passed);
    this.#passed();
  };
}
