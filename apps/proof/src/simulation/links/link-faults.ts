import { names } from "../contract.js";
import type { GroupPlan } from "../member.js";
import type { World } from "../world.js";
import type { ClientSlot } from "./client-slot.js";
import type { Connection } from "./connection.js";
import type { Links } from "./links.js";
import { near } from "./network.js";

/** What is done to clients and links, and how probable each is beside the others. */
const actions = {
  crashClient: 4,
  restartClient: 2,
  pauseClient: 2,
  cut: 4,
  dropFrame: 3,
  halfOpen: 2,
  partition: 3,
  slowReader: 3,
  slowNetwork: 2,
  refuse: 1,
  revoke: 4,
  outlast: 2,
  leaveListener: 2,
  leaveGroup: 1,
} as const;

export type LinkAction = keyof typeof actions;

/** For how long a client may be away, and stand still, in milliseconds, where it is long. */
const longAway = 40_000;

/** What befalls clients, links and rights. */
export class LinkFaults {
  readonly #world: World;
  readonly #links: Links;
  readonly #clients: readonly ClientSlot[];
  readonly #servers: readonly string[];
  readonly #trimAll: () => Promise<void>;
  readonly #enabled: readonly LinkAction[];
  /** What lets everything through again. */
  readonly #ends = new Set<() => void>();

  constructor(
    world: World,
    links: Links,
    clients: readonly ClientSlot[],
    servers: readonly string[],
    trimAll: () => Promise<void>,
  ) {
    this.#world = world;
    this.#links = links;
    this.#clients = clients;
    this.#servers = servers;
    this.#trimAll = trimAll;
    const { chance } = world;
    this.#enabled = (Object.keys(actions) as LinkAction[]).flatMap((action) =>
      chance.of(0.6) ? Array.from({ length: actions[action] }, () => action) : [],
    );
  }

  /** Does one of them. */
  act(): void {
    const { chance } = this.#world;
    const action = chance.pick(this.#enabled);
    const client = chance.pick(this.#clients);
    if (action && client) this.#do(action, client);
  }

  /** All is well again. */
  heal(): void {
    const { network, rights } = this.#links;
    for (const end of [...this.#ends]) end();
    network.latency = near;
    network.refusing = 0;
    rights.grantAll();
    for (const client of this.#clients) if (!client.program) client.start();
  }

  #do(action: LinkAction, client: ClientSlot): void {
    const world = this.#world;
    const { chance } = world;
    const { network } = this.#links;
    const { name } = client.plan;
    switch (action) {
      case "crashClient":
        this.#crash(client);
        break;
      case "restartClient":
        void this.#restart(client);
        break;
      case "pauseClient": {
        const process = client.program?.process;
        if (!process || process.paused) break;
        world.fault("client-paused", name);
        process.pause();
        world.after(chance.of(0.2) ? longAway : chance.span(3_000), () => process.resume());
        break;
      }
      case "cut":
        this.#to(client, (connection) => {
          const late = chance.of(0.6);
          world.fault(late ? "link-cut-late" : "link-cut", name);
          connection.cut(chance.span(100), chance.span(late ? 4_000 : 100), late);
        });
        break;
      case "dropFrame":
        this.#to(client, (connection) => {
          world.fault("frame-dropped", name);
          const up = chance.of(0.5);
          connection.silence(up, !up);
        });
        break;
      case "halfOpen":
        this.#to(client, (connection) => {
          world.fault("half-open", name);
          connection.silence(true, true);
        });
        break;
      case "partition":
        this.#partition();
        break;
      case "slowReader":
        this.#to(client, (connection) => {
          world.fault("reader-slow", name);
          const release = connection.hold(false, true);
          // So long that it is sent away, also after all is well.
          if (chance.of(0.3)) world.after(longAway, release);
          else this.#for(chance.span(4_000), release);
        });
        break;
      case "slowNetwork": {
        world.fault("network-slow");
        network.latency = { least: 1, most: chance.between(50, 1_500) };
        this.#for(chance.span(4_000), () => {
          network.latency = near;
        });
        break;
      }
      case "refuse":
        network.refusing = 0.8;
        this.#for(chance.span(4_000), () => {
          network.refusing = 0;
        });
        break;
      case "revoke": {
        const right = chance.pick(names);
        if (!this.#links.rights.allows(name, right)) break;
        void this.#links.revoke(name, right);
        this.#for(chance.span(5_000), () => this.#links.grant(name, right));
        break;
      }
      case "outlast":
        void this.#outlast(client);
        break;
      case "leaveListener": {
        const projection = chance.pick(client.plan.projections);
        if (client.program && projection) void projection.leave(client.program);
        break;
      }
      case "leaveGroup": {
        const group: GroupPlan | undefined = chance.pick(client.plan.groups);
        if (group) void client.memberLeaves(group);
      }
    }
  }

  #crash(client: ClientSlot): void {
    if (!client.program) return;
    this.#world.fault("client-crashed", client.plan.name);
    client.crash();
    this.#startSoon(client);
  }

  #startSoon(client: ClientSlot): void {
    const { chance } = this.#world;
    this.#world.after(chance.of(0.1) ? longAway : chance.span(3_000), () => {
      if (!client.program) client.start();
    });
  }

  async #restart(client: ClientSlot): Promise<void> {
    if (!client.program || client.closing) return;
    const world = this.#world;
    world.fault("client-restarted", client.plan.name);
    await client.close();
    if (world.chance.of(0.3)) client.version = client.version === "old" ? "strict" : "old";
    this.#startSoon(client);
  }

  /** Some clients and some servers do not reach each other; what was on its way comes after, or is lost. */
  #partition(): void {
    const world = this.#world;
    const { chance } = world;
    const clients = new Set(this.#clients.filter(() => chance.of(0.6)).map(({ plan }) => plan.name));
    const servers = new Set(this.#servers.filter(() => chance.of(0.6)));
    if (clients.size === 0 || servers.size === 0) return;
    world.fault("partitioned", `${[...clients].join(", ")} from ${[...servers].join(", ")}`);
    const between = (client: string, server: string) => clients.has(client) && servers.has(server);
    this.#part(between, chance.of(0.2) ? longAway : chance.span(4_000));
  }

  #part(between: (client: string, server: string) => boolean, milliseconds: number): void {
    const { network } = this.#links;
    const place = ({ name }: { readonly name: string }) => name.slice(0, name.indexOf("/"));
    const parted = [...network.connections].filter(({ client, server }) =>
      between(place(client.process), place(server.process)),
    );
    const isKept = this.#world.chance.of(0.5);
    const ends = [
      network.part(between),
      ...(isKept ? parted.map((connection) => connection.hold(true, true)) : []),
    ];
    if (!isKept) for (const connection of parted) connection.silence(true, true);
    this.#for(milliseconds, () => {
      for (const end of ends) end();
    });
  }

  /** A client is cut off until the log has let go of everything, and is back after that. */
  async #outlast(client: ClientSlot): Promise<void> {
    const world = this.#world;
    world.fault("retention-outlasted", client.plan.name);
    const { name } = client.plan;
    const away = world.chance.between(2_000, 10_000);
    if (world.chance.of(0.5)) this.#part((each) => each === name, away + 500);
    else this.#crash(client);
    await world.sleep(away);
    if (!world.healed) await this.#trimAll();
  }

  /** Ends it then, or when all is well. */
  #for(milliseconds: number, end: () => void): void {
    const once = () => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    this.#world.after(milliseconds, once);
  }

  #to(client: ClientSlot, act: (connection: Connection) => void): void {
    const process = client.program?.process;
    const connection = process && this.#links.network.newest.get(process);
    if (connection && !connection.over) act(connection);
  }
}
