import type { Bug } from "../bugs.js";
import { Chance } from "../chance.js";
import type { GroupPlan } from "../member.js";
import { Projection } from "../projection.js";
import { newWish, wantedBy } from "../wish.js";
import type { World } from "../world.js";
import { ClientSlot } from "./client-slot.js";
import { LinkFaults } from "./link-faults.js";
import { Links } from "./links.js";

export interface FleetOptions {
  /** The places on the machine that serve clients. */
  readonly servers: readonly string[];
  readonly groups: readonly GroupPlan[];
  /** Has the log let go of everything that it has by now. */
  readonly trimAll: () => Promise<void>;
}

/** The clients of a system, and what befalls them. */
export class Fleet {
  readonly #clients: readonly ClientSlot[];
  readonly #projections: readonly Projection[];
  readonly #faults: LinkFaults;

  constructor(
    world: World,
    seed: number,
    bugs: ReadonlySet<Bug>,
    { servers, groups, trimAll }: FleetOptions,
  ) {
    const chance = new Chance(seed);
    const links = new Links(world, chance.upTo(2 ** 31), bugs, groups);
    world.links = links;
    this.#clients = Array.from({ length: 1 + chance.upTo(2) }, (_, index) => {
      const name = `c${index + 1}`;
      const projections = Array.from({ length: index === 0 ? 1 : chance.upTo(1) }, (_, number) => {
        const wish = newWish(chance);
        const file = `${name}-projection-${number}`;
        return new Projection(file, wish, world.oracle.listener(file, wantedBy(wish), true), links.disk);
      });
      const plan = {
        name,
        emitters: chance.upTo(1),
        pace: chance.between(500, 5_000),
        projections,
        observers: chance.upTo(1),
        groups: groups.filter(() => chance.of(0.8)),
        keeps: chance.of(0.7),
        codec: chance.of(0.6) ? "json" : "messagepack",
      } as const;
      return new ClientSlot(world, links, plan, bugs);
    });
    this.#projections = this.#clients.flatMap(({ plan }) => plan.projections);
    this.#faults = new LinkFaults(world, links, this.#clients, servers, trimAll);
  }

  start(): void {
    for (const client of this.#clients) client.start();
  }

  /** Does something to one of them, or to what is between. */
  disturb(): void {
    this.#faults.act();
  }

  /** From here on all is well. */
  heal(): void {
    this.#faults.heal();
  }

  testify(): void {
    for (const projection of this.#projections) projection.testify();
  }

  /** Whether everybody is there, and has nothing left to send. */
  get isWhole(): boolean {
    return this.#clients.every(
      ({ program, closing, sent }) => program && !closing && !program.process.paused && sent,
    );
  }
}
