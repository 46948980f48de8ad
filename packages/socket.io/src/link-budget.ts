/** In milliseconds. */
const window = 10_000;

/**
 * Bounds how many links a connection begins. Each makes the server authenticate, which may be slow and goes on when the
 * link has ended, while a client can end one and begin the next with two small packets.
 */
export class LinkBudget {
  /** By connection, and not by socket, for a client can leave a namespace and enter it again as cheaply. */
  readonly #begun = new WeakMap<object, readonly number[]>();
  readonly #most: number;

  /** @param most how many links one connection may begin within 10 s: more than an application that opens and closes its buses. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether this connection may begin another link now, which is then counted. */
  take(connection: object): boolean {
    const now = performance.now();
    const recent = (this.#begun.get(connection) ?? []).filter((time) => now - time < window);
    if (recent.length >= this.#most) return false;
    this.#begun.set(connection, recent.concat(now));
    return true;
  }
}
