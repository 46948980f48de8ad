import { type ConnectedPeer, createHub, type Hub } from "@eventwire/wire";
import type { Bug } from "../bugs.js";
import { Chance } from "../chance.js";
import type { contractOf } from "../contract.js";
import { Disk } from "../disk.js";
import type { GroupPlan } from "../member.js";
import type { Program } from "../program.js";
import type { World } from "../world.js";
import { brokenLink } from "./broken-link.js";
import type { Connection } from "./connection.js";
import { Network } from "./network.js";
import { decisionTimeout, Rights } from "./rights.js";
import { Unreadable } from "./unreadable.js";
import { UntoldGaps } from "./untold-gaps.js";

export interface User {
  readonly id: string;
}

/** What a client brings along to say who it is. */
interface Credentials {
  readonly user: string;
  readonly secret: string;
}

type SimulatedHub = Hub<ReturnType<typeof contractOf>, User>;

/** Servers, clients, the network between them, and who may do what. */
export class Links {
  readonly network: Network;
  readonly rights: Rights;
  readonly unreadable: Unreadable;
  /** Of the devices that clients run on. */
  readonly disk = new Disk();
  readonly hubs = new Map<Program, SimulatedHub>();
  readonly #untold: UntoldGaps;
  readonly #world: World;
  readonly #bugs: ReadonlySet<Bug>;
  readonly #chance: Chance;
  readonly #codec: "json" | "messagepack";
  readonly #bufferedBytes: number;
  readonly #slowRules: boolean;
  readonly #heartbeat: number;
  /** Of a planted bug: what was said once, and who came last. */
  readonly #said = new Map<string, boolean>();
  #last: string | undefined;

  constructor(world: World, seed: number, bugs: ReadonlySet<Bug>, groups: readonly GroupPlan[]) {
    this.#world = world;
    this.#bugs = bugs;
    const chance = new Chance(seed);
    this.#chance = chance;
    this.network = new Network(world, chance.upTo(2 ** 31), (link, side) => brokenLink(link, side, bugs));
    this.#untold = new UntoldGaps(world, groups);
    this.network.onServerSends = (connection, frame) => {
      this.#untold.sends(connection, frame);
      this.#look(connection, frame);
    };
    this.network.onOver = (connection) => this.#untold.over(connection);
    this.rights = new Rights(world);
    this.unreadable = new Unreadable(world);
    this.#codec = chance.of(0.6) ? "json" : "messagepack";
    this.#bufferedBytes = chance.pick([4_000, 30_000, 8_000_000]);
    this.#slowRules = chance.of(0.3);
    this.#heartbeat = chance.between(1_000, 4_000);
  }

  credentials(user: string): Credentials {
    return { user, secret: `secret of ${user}` };
  }

  /** Has a program serve its bus. */
  serve(program: Program, name: string): void {
    const { process } = program;
    this.#untold.watch(program);
    const source = this.network.serve(name, process);
    const judge = ({ peer, name }: { readonly peer: ConnectedPeer<User>; readonly name: string }) =>
      this.#judge(program, peer, name);
    const hub = createHub(program.bus, source, {
      authenticate: ({ auth }) => this.#authenticate(auth),
      allow: {
        listen: { "*": judge },
        history: { "*": true },
        group: { "*": judge },
        enqueue: { "*": true },
        tasks: { "*": true },
        work: { "*": true },
        emit: {
          "*": (question) => {
            const { peer, data } = question;
            const emitter = data.id.slice(0, data.id.indexOf("/"));
            if (emitter !== peer.user.id)
              this.#world.oracle.trouble(`${data.id} came to a server as an event of ${peer.user.id}`);
            return judge(question);
          },
        },
      },
      codec: this.#codec,
      limits: {
        heartbeat: this.#heartbeat,
        bufferedBytes: this.#bufferedBytes,
        decisionTimeout,
        outboxStarts: Number.POSITIVE_INFINITY,
      },
    });
    this.hubs.set(program, hub);
    process.onEnd(() => this.hubs.delete(program));
  }

  /** Takes the events of a name from a user, and has every server that runs say that it is so. */
  async revoke(user: string, name: string): Promise<void> {
    const { rights } = this;
    const world = this.#world;
    world.fault("right-revoked", `${user} ${name}`);
    rights.revoke(user, name);
    const asked = [...this.hubs].map(([{ process }, hub]) => {
      const asking = { process, done: false };
      process.run(
        () =>
          void hub.reauthorize({ user }).then(() => {
            asking.done = true;
          }),
      );
      return asking;
    });
    while (asked.some(({ process, done }) => process.alive && !done)) await world.sleep(20);
    if (rights.confirm(user, name)) world.note("!", `${user} may not have ${name}`);
  }

  grant(user: string, name: string): void {
    if (this.rights.allows(user, name)) return;
    this.#world.fault("right-granted", `${user} ${name}`);
    this.rights.grant(user, name);
  }

  #authenticate(auth: unknown): User | undefined {
    const { user, secret } = auth as Credentials;
    if (secret !== `secret of ${user}`) return undefined;
    const before = this.#last ?? user;
    this.#last = user;
    return { id: this.#bugs.has("session-of-another") ? before : user };
  }

  #judge(program: Program, { user }: ConnectedPeer<User>, name: string): boolean | Promise<boolean> {
    const allowed = this.rights.allows(user.id, name);
    if (this.#bugs.has("revocation-missed")) {
      const question = `${user.id} ${name}`;
      const said = this.#said.get(question) ?? allowed;
      this.#said.set(question, said);
      return said;
    }
    if (!this.#slowRules) return allowed;
    const answered = this.rights.asked(program.process, user.id, name);
    return program.sleep(this.#chance.between(0, 30)).then(() => {
      answered();
      return allowed;
    });
  }

  /** What was taken away, and was confirmed to be, must not leave a server any more. */
  #look({ client, server }: Connection, frame: string | Uint8Array): void {
    const user = client.process.name.slice(0, client.process.name.indexOf("/"));
    const names = this.rights.forbidden(user);
    if (names.length === 0 || typeof frame !== "string") return;
    for (const name of names) {
      if (new RegExp(`\\["(stored|given)",\\d+,\\d+,"${name}"`).test(frame)) {
        this.#world.oracle.trouble(`${server.process.name} sends ${user} of ${name}, which it may not have`);
      }
    }
  }
}
