import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What is slow is passed on in so many pieces a second. */
const pieces = 20;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing is passed on, and nobody is told. */
  silent: boolean;
  /** How many of its ends have closed while it was silent. */
  given: number;
  /** It was broken here. */
  broken: boolean;
}

/** Connections that are silent. */
export interface Silence {
  /** Whether both ends of each have closed it, with nobody to tell them. */
  readonly noticed: boolean;
  /** Breaks those that are left. */
  end(): void;
}

/** What stands between a client and the servers: a network that breaks on demand. */
export class Relay {
  readonly port: number;
  readonly #listener: Server;
  readonly #choose: () => number | undefined;
  readonly #pairs = new Set<Pair>();
  /** The server that all connections go to, until they are broken: those of one client belong together. */
  #target: number | undefined;
  /** Whether new connections are refused. */
  refuses = false;
  /** How many bytes pass in a second, each way. */
  pace = Number.POSITIVE_INFINITY;
  /** How long each chunk takes, in milliseconds. */
  delay = 0;
  /** How much was passed on late, and how many connections were refused because that was to be. */
  slowed = 0;
  refused = 0;

  private constructor(listener: Server, choose: () => number | undefined) {
    this.#listener = listener;
    this.#choose = choose;
    this.port = (listener.address() as AddressInfo).port;
    listener.on("connection", (client) => this.#connect(client));
  }

  /** @param choose the port of a server that is there, if there is one. */
  static async open(choose: () => number | undefined): Promise<Relay> {
    const listener = createServer();
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(0, "127.0.0.1", resolve);
    });
    return new Relay(listener, choose);
  }

  /** Whether a connection goes through it. */
  get carries(): boolean {
    return [...this.#pairs].some(({ silent }) => !silent);
  }

  /** Breaks all connections: both ends are told that they were reset. @returns whether there were any. */
  reset(): boolean {
    const carried = this.carries;
    for (const pair of this.#pairs) this.#break(pair);
    this.#target = undefined;
    return carried;
  }

  /** From now on nothing comes through, and nobody is told; what connects anew is well. @returns nothing where there is none. */
  silence(): Silence | undefined {
    const pairs = [...this.#pairs];
    for (const pair of pairs) pair.silent = true;
    this.#target = undefined;
    if (pairs.length === 0) return undefined;
    const end = () => {
      for (const pair of pairs) this.#break(pair);
    };
    return {
      get noticed() {
        return pairs.every(({ given, broken }) => given === 2 && !broken);
      },
      end,
    };
  }

  /** From now on all is well. */
  heal(): void {
    this.refuses = false;
    this.pace = Number.POSITIVE_INFINITY;
    this.delay = 0;
  }

  close(): void {
    this.#listener.close();
    this.reset();
  }

  #connect(client: Socket): void {
    this.#target ??= this.refuses ? undefined : this.#choose();
    const port = this.#target;
    client.on("error", broken);
    if (this.refuses || port === undefined) {
      if (this.refuses) this.refused += 1;
      client.resetAndDestroy();
      return;
    }
    const server = createConnection(port, "127.0.0.1");
    server.on("error", () => {
      // It may be gone for good.
      if (this.#target === port) this.#target = undefined;
    });
    const pair: Pair = { client, server, silent: false, given: 0, broken: false };
    this.#pairs.add(pair);
    this.#pass(pair, client, server);
    this.#pass(pair, server, client);
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk) => {
      // What gets lost is taken all the same: that the far end closes is not seen otherwise.
      if (pair.silent) return;
      from.pause();
      void this.#carry(pair, chunk, to).then(() => from.resume());
    });
    from.on("close", () => {
      if (pair.silent) {
        pair.given += 1;
        return;
      }
      this.#pairs.delete(pair);
      to.end();
    });
  }

  /** Resolves when the other side has taken it: what that does not take is not read from this one. */
  async #carry(pair: Pair, chunk: Buffer, to: Socket): Promise<void> {
    if (this.delay > 0) await this.#hold(this.delay);
    for (let rest = chunk; rest.length > 0; ) {
      const size = Math.min(rest.length, Math.ceil(this.pace / pieces));
      if (Number.isFinite(this.pace)) await this.#hold((size * 1_000) / this.pace);
      if (pair.silent || to.destroyed) return;
      const piece = rest.subarray(0, size);
      rest = rest.subarray(size);
      await new Promise<void>((resolve) => to.write(piece, () => resolve()));
    }
  }

  async #hold(milliseconds: number): Promise<void> {
    this.slowed += 1;
    await sleep(milliseconds);
  }

  #break(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.broken = true;
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  }
}

/** A connection that breaks is closed, which is all that matters. */
function broken(): undefined {
  return undefined;
}
