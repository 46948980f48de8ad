import type { CloseReason, Frame, Link, LinkFacts, LinkSource } from "@eventwire/core";
import { Chance } from "../chance.js";
import type { SimulatedProcess } from "../process.js";
import type { World } from "../world.js";
import { Connection, type End, type Surroundings } from "./connection.js";

/** How the network is for a while: how long a frame takes, in milliseconds. */
export interface Latency {
  readonly least: number;
  readonly most: number;
}

/** What stands in the way of a link, such as a planted bug. */
export type Tamper = (link: End, side: "client" | "server") => Link;

interface Serving {
  readonly process: SimulatedProcess;
  readonly onLink: (link: Link) => void;
}

export const near: Latency = { least: 0.2, most: 4 };

const refused: CloseReason = {
  code: "ConnectFailed",
  message: "Nobody answers there.",
  retryable: true,
};

/** Connections between clients and the servers of a machine. */
export class Network {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #surroundings: Surroundings;
  readonly #tamper: Tamper;
  readonly #facts: LinkFacts;
  readonly #servers = new Map<string, Serving>();
  readonly connections = new Set<Connection>();
  /** Between which clients and servers nothing gets through. */
  readonly #partitions = new Set<(client: string, server: string) => boolean>();
  latency = near;
  /** How probable it is that an attempt to connect fails. */
  refusing = 0;
  /** Told what a server sends, and when nothing more can come. */
  onServerSends: (connection: Connection, frame: Frame) => void = () => undefined;
  onOver: (connection: Connection) => void = () => undefined;
  /** The newest connection of each client. */
  readonly newest = new Map<SimulatedProcess, Connection>();

  constructor(world: World, seed: number, tamper: Tamper) {
    this.#world = world;
    this.#chance = new Chance(seed);
    this.#tamper = tamper;
    const chance = this.#chance;
    const halfOpen = chance.of(0.4);
    this.#facts = { transport: "simulated", maxFrameBytes: 1_000_000, reliable: true, halfOpen };
    this.#surroundings = {
      now: () => world.clock.monotonic(),
      after: (milliseconds, work) => void world.after(milliseconds, work),
      delay: () => chance.between(this.latency.least, this.latency.most),
      notice: () => (halfOpen ? undefined : chance.between(1_000, 15_000)),
      highWater: chance.pick([500, 4_000, 65_536]),
      serverSends: (connection, frame) => this.onServerSends(connection, frame),
      serverTakes: (connection) => this.#taken(connection),
      over: (connection) => {
        this.connections.delete(connection);
        this.onOver(connection);
      },
    };
  }

  /** Where the links of a server come from; a later one of that name takes its place. */
  serve(name: string, process: SimulatedProcess): LinkSource {
    return {
      listen: (onLink) => {
        const serving = { process, onLink };
        this.#servers.set(name, serving);
        const stop = () => {
          if (this.#servers.get(name) === serving) this.#servers.delete(name);
        };
        process.onEnd(stop);
        return stop;
      },
    };
  }

  /** Where the links of a client come from, one after the other, each to a server that it finds. */
  client(process: SimulatedProcess, name: string, auth: unknown): LinkSource {
    return {
      listen: (onLink, onFailure) => {
        let stopped = false;
        let before: string | undefined;
        const later = (milliseconds: number, work: () => void) =>
          void this.#world.after(milliseconds, () => process.run(() => stopped || work()));
        const again = () => later(this.#chance.span(400), dial);
        const fail = () => {
          again();
          onFailure?.(refused);
        };
        const connect = (to: string) => {
          const serving = this.#servers.get(to);
          if (!serving || this.#isParted(name, to) || this.#chance.of(this.refusing)) {
            if (serving) this.#world.fault("connection-refused", name);
            fail();
            return;
          }
          if (before !== undefined && before !== to) this.#world.fault("server-changed", `${name} to ${to}`);
          before = to;
          this.#connect(process, serving, auth, onLink, (retryable) => {
            if (retryable) again();
          });
        };
        const dial = () => {
          const names = [...this.#servers.keys()];
          // Rather not to where it has just lost one.
          const others = names.filter((each) => each !== before);
          const to = this.#chance.pick(others.length > 0 && this.#chance.of(0.7) ? others : names);
          if (to === undefined) fail();
          else later(2 * this.#surroundings.delay(), () => connect(to));
        };
        later(0, dial);
        return () => {
          stopped = true;
        };
      },
    };
  }

  /** Nothing gets through between those, both ways, until the result is called; nobody is told. */
  part(between: (client: string, server: string) => boolean): () => void {
    this.#partitions.add(between);
    return () => this.#partitions.delete(between);
  }

  /** The connections of a client, by the name of its place. */
  of(client: SimulatedProcess): readonly Connection[] {
    return [...this.connections].filter((connection) => connection.client.process === client);
  }

  #isParted(client: string, server: string): boolean {
    return [...this.#partitions].some((between) => between(client, server));
  }

  #connect(
    process: SimulatedProcess,
    { process: server, onLink: serve }: Serving,
    auth: unknown,
    onLink: (link: Link) => void,
    onEnd: (retryable: boolean) => void,
  ): void {
    const facts = { client: this.#facts, server: { ...this.#facts, auth } };
    const connection = new Connection(this.#surroundings, process, server, facts, (reason) =>
      onEnd(reason.retryable),
    );
    connection.lastWords = () => {
      const told = this.#world.healed || this.#chance.of(0.7);
      if (!told) this.#world.fault("link-left-open", process.name);
      return { told, sent: this.#chance.of(0.7) };
    };
    this.connections.add(connection);
    this.newest.set(process, connection);
    process.note(`connects to ${server.name}`);
    onLink(this.#tamper(connection.client, "client"));
    this.#world.after(this.#surroundings.delay(), () =>
      server.run(() => serve(this.#tamper(connection.server, "server"))),
    );
  }

  /** What a server takes from a connection after its client has another one. */
  #taken(connection: Connection): void {
    const newest = this.newest.get(connection.client.process);
    if (newest !== connection || !connection.client.process.alive) {
      this.#world.fault("frame-late", connection.client.process.name);
    }
  }
}
