import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "../simulation/chance.js";
import type { Fault } from "./faults.js";
import { Relay } from "./relay.js";
import type { ClientLink } from "./role.js";
import { until } from "./until.js";

/** For how long a link may be worse than it was, in milliseconds. */
const shortest = 100;
const longest = 2_000;
/** How long it may take until that shows, or until both ends have noticed that nothing comes, in milliseconds. */
const patience = 15_000;
/** How slow one is that is throttled, in bytes a second. */
const slowest = 4_000;
const slow = 20_000;
/** By how much one is delayed, in milliseconds. */
const longestDelay = 150;

export type LinkFault = Extract<Fault, `link${string}`>;

export function isOfLink(fault: Fault): fault is LinkFault {
  return fault.startsWith("link");
}

/** The links of all clients, each through a relay of its own. */
export class Links {
  readonly #relays: readonly Relay[];
  readonly #chance: Chance;
  /** Those that something is done to. */
  readonly #busy = new Set<Relay>();

  private constructor(relays: readonly Relay[], chance: Chance) {
    this.#relays = relays;
    this.#chance = chance;
  }

  /** @param choose the port of a server that is there, if there is one. */
  static async open(count: number, chance: Chance, choose: () => number | undefined): Promise<Links> {
    const relays = await Promise.all(Array.from({ length: count }, () => Relay.open(choose)));
    return new Links(relays, chance);
  }

  get count(): number {
    return this.#relays.length;
  }

  /** The last client begins by polling. */
  of(client: number): ClientLink {
    const polls = client === this.#relays.length - 1;
    return {
      port: this.#relays[client]!.port,
      transports: polls ? ["polling", "websocket"] : ["websocket"],
    };
  }

  /** Whether nothing is done to it. */
  isWell(client: number): boolean {
    return !this.#busy.has(this.#relays[client]!);
  }

  /** Resolves when it is over, with whether it was done: not where there was nothing to do it to. */
  async break(fault: LinkFault): Promise<boolean> {
    if (fault === "links-reset-together") {
      const broken = this.#relays.map((relay) => relay.reset()).filter(Boolean);
      return broken.length > 0 && broken.length === this.count;
    }
    const relay = this.#chance.pick(this.#relays.filter((one) => one.carries && !this.#busy.has(one)));
    if (!relay) return false;
    this.#busy.add(relay);
    try {
      return await this.#break(relay, fault);
    } finally {
      relay.heal();
      this.#busy.delete(relay);
    }
  }

  /** Cuts a client off. @returns what ends that. */
  cutOff(client: number): () => void {
    const relay = this.#relays[client]!;
    this.#busy.add(relay);
    relay.refuses = true;
    relay.reset();
    return () => {
      relay.heal();
      this.#busy.delete(relay);
    };
  }

  close(): void {
    for (const relay of this.#relays) relay.close();
  }

  async #break(relay: Relay, fault: Exclude<LinkFault, "links-reset-together">): Promise<boolean> {
    const chance = this.#chance;
    switch (fault) {
      case "link-reset":
        return relay.reset();
      case "link-half-open": {
        const silence = relay.silence();
        const isNoticed = await until(() => silence?.noticed !== false, patience);
        silence?.end();
        return isNoticed && silence !== undefined;
      }
      case "link-throttled":
        relay.pace = chance.between(slowest, slow);
        return this.#lasts(() => relay.slowed);
      case "link-delayed":
        relay.delay = chance.between(1, longestDelay);
        return this.#lasts(() => relay.slowed);
      case "link-refused":
        relay.refuses = true;
        relay.reset();
        return this.#lasts(() => relay.refused);
    }
  }

  /** Resolves after a while, with whether anything was met by it. */
  async #lasts(met: () => number): Promise<boolean> {
    const before = met();
    await sleep(this.#chance.between(shortest, longest));
    return until(() => met() > before, patience);
  }
}
