import { setTimeout as sleep } from "node:timers/promises";
import type { Oracle } from "../oracle.js";
import type { Chance } from "../simulation/chance.js";
import { Permits } from "./permits.js";
import type { Place } from "./place.js";
import type { Testimony } from "./testimony.js";
import { until } from "./until.js";

/** How long servers may take to look again, and a client to be told or to go on, in milliseconds. */
const patience = 20_000;
/** How long what is said through the pipe may take to be heard, in milliseconds. */
const hearing = 100;

/** A client, as what its listener does is seen from outside. */
export interface Watched {
  readonly place: Place;
  readonly testimony: Testimony;
}

/** Withdraws a client's permission to listen, and gives it back: in between it must be given nothing, and be told so. */
export class Withdrawal {
  readonly #oracle: Oracle;
  readonly #permits: Permits;
  readonly #chance: Chance;
  readonly #servers: readonly Place[];
  /** Those that are to look again. */
  readonly #asked = new Set<number>();
  #client: number | undefined;
  #told = false;

  constructor(folder: string, oracle: Oracle, chance: Chance, servers: readonly Place[]) {
    this.#permits = new Permits(folder);
    this.#oracle = oracle;
    this.#chance = chance;
    this.#servers = servers;
  }

  /** A server has looked again, or is another one, which looks at whatever it is asked. */
  looked(server: number): void {
    this.#asked.delete(server);
  }

  /** A client is told of a gap, `denied`. @returns whether it is one to be told. */
  denied(client: number): boolean {
    if (client !== this.#client) return false;
    this.#told = true;
    return true;
  }

  /** Resolves with whether it was done to the end. */
  async run({ place, testimony }: Watched): Promise<boolean> {
    const { index } = place;
    this.#client = index;
    this.#told = false;
    this.#permits.withdraw(index);
    const looked = await this.#haveLooked();
    if (looked) await this.#isGivenNothing(index, testimony);
    this.#permits.giveBack(index);
    const { last } = testimony;
    place.tell({ type: "refresh" });
    const goesOn = await until(() => {
      testimony.tell();
      return testimony.last > last;
    }, patience);
    // What it was told before may still be on its way here.
    await sleep(hearing);
    this.#client = undefined;
    return looked && goesOn;
  }

  /** Now that all servers know. */
  async #isGivenNothing(index: number, testimony: Testimony): Promise<void> {
    const oracle = this.#oracle;
    const withdrawn = oracle.tick();
    let wasGiven = false;
    const given = () => {
      const late = testimony.tell().filter(({ id = "" }) => (oracle.event(id)?.attempted ?? 0) > withdrawn);
      for (const { id } of late) oracle.trouble(`${id} at listener ${index}: it might not listen`);
      wasGiven ||= late.length > 0;
      return wasGiven;
    };
    await until(() => given() || this.#told, patience);
    await sleep(this.#chance.between(100, 500));
    if (!given() && !this.#told) oracle.trouble(`listener ${index} was not told that it may not listen`);
  }

  /** Resolves with whether no server goes by what was before. */
  async #haveLooked(): Promise<boolean> {
    this.#asked.clear();
    for (const server of this.#servers) {
      if (!server.alive) continue;
      this.#asked.add(server.index);
      server.tell({ type: "reauthorize" });
    }
    return until(() => this.#asked.size === 0, patience);
  }
}
