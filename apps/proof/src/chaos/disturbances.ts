import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "../simulation/chance.js";
import { type Chosen, chosenFor, type Fault, type FaultCounts, faults } from "./faults.js";
import { speed } from "./hurried-runtime.js";
import { isOfLink, type LinkFault, type Links } from "./links.js";
import type { Place } from "./place.js";
import type { Retention } from "./retention.js";
import type { Succession } from "./succession.js";
import type { Testimony } from "./testimony.js";
import { until } from "./until.js";
import type { Withdrawal } from "./withdrawal.js";

export interface Disturbed {
  readonly chance: Chance;
  readonly places: readonly Place[];
  /** How many of them are servers; the others are clients. */
  readonly servers: number;
  readonly links: Links;
  readonly succession: Succession;
  readonly withdrawal: Withdrawal;
  readonly retention: Retention;
  readonly testimonies: readonly Testimony[];
  /** What has to be done. */
  readonly needed: readonly Fault[];
  /** What may be done. */
  readonly kinds: readonly Chosen[];
  onKill(kills: number): void;
  close(place: Place, order: "close" | "drain"): Promise<boolean>;
}

type OfProcess = Exclude<Chosen, LinkFault>;

/** The lease of a shard, in milliseconds; longer than what a heartbeat takes. */
const lease = 30_000 / speed;
/** How long one may take until something is acknowledged to it, in milliseconds. */
const soon = 3_000;
/** How long processes may take to come back, in milliseconds. */
const endurance = 60_000;

/** What is done to processes and links, one thing after the other; and counts where it was done to the end. */
export class Disturbances {
  readonly #disturbed: Disturbed;
  readonly #ofLinks: readonly LinkFault[];
  readonly #ofProcesses: readonly OfProcess[];
  readonly #counts = new Map<Fault, number>(faults.map((fault) => [fault, 0]));
  /** What goes on beside the next fault, and counts when it is over. */
  readonly #pending = new Map<Promise<void>, Fault>();
  kills = 0;

  constructor(disturbed: Disturbed) {
    this.#disturbed = disturbed;
    this.#ofLinks = disturbed.kinds.filter(isOfLink);
    this.#ofProcesses = disturbed.kinds.filter((kind): kind is OfProcess => !isOfLink(kind));
  }

  get counts(): FaultCounts {
    return Object.fromEntries(this.#counts) as FaultCounts;
  }

  /** What should have been done, and never was. */
  get missing(): readonly Fault[] {
    return this.#disturbed.needed.filter((fault) => this.#counts.get(fault) === 0);
  }

  count(fault: Fault): void {
    this.#counts.set(fault, this.#counts.get(fault)! + 1);
  }

  /** Each kind once and then as it comes, until so many processes were killed or the time is over. */
  async run(kills: number, limit: number): Promise<void> {
    const { chance, links, places, succession } = this.#disturbed;
    const start = performance.now();
    const isOver = () => {
      const spent = performance.now() - start;
      // A machine that is too slow for so many is not too slow for one of each kind.
      return this.missing.length > 0 ? spent > 2 * limit : this.kills >= kills || spent > limit;
    };
    for (const place of places) place.start();
    while (!isOver()) {
      if (!(await until(() => this.#awake(this.#servers).length >= 2, endurance))) {
        throw new Error(
          `Of ${places.length} processes less than two came back within ${endurance / 1_000} s.`,
        );
      }
      await sleep(chance.span(100));
      const link = this.#next(this.#ofLinks, chance.of(0.4));
      if (link) this.#goOn(link, links.break(link));
      const mayPass = succession.successor !== undefined;
      const fault = this.#next(
        this.#ofProcesses.filter((one) => one !== "producer-replaced" || mayPass),
        true,
      );
      if (fault) await this.#do(fault);
    }
    await Promise.all(this.#pending.keys());
  }

  /** What never came before all else; else any, if one is to come. */
  #next<Kind extends Chosen>(kinds: readonly Kind[], any: boolean): Kind | undefined {
    const { chance } = this.#disturbed;
    const underWay = new Set<Fault>(this.#pending.values());
    const missing = this.missing.filter((fault) => !underWay.has(fault)).map(chosenFor);
    const wanted = kinds.filter((kind) => missing.includes(kind));
    return chance.pick(wanted) ?? (any ? chance.pick(kinds) : undefined);
  }

  async #do(fault: OfProcess): Promise<void> {
    const { chance, places, succession } = this.#disturbed;
    const place = chance.pick(this.#awake(places));
    const server = chance.pick(this.#awake(this.#servers));
    const client = chance.pick(this.#awake(this.#clients));
    if (!place || !server) return;
    switch (fault) {
      case "killed":
        return this.#kill(fault, [place]);
      case "client-killed":
        return this.#kill(fault, await this.#working(this.#clients));
      case "servers-killed": {
        const served = this.#clients.length > 0 ? this.#clients : this.#servers;
        return this.#kill(fault, (await this.#working(served)).length > 0 ? this.#servers : []);
      }
      case "killed-together":
        return this.#kill(
          fault,
          places.filter((other) => other === place || chance.of(0.5)),
        );
      case "killed-all":
        return this.#kill(fault, places);
      case "killed-starting":
        await this.#kill("killed", [place]);
        await sleep(chance.between(0, 400));
        if (!place.ready) await this.#kill(fault, [place]);
        return;
      case "killed-closing":
        place.ready = false;
        place.tell({ type: "close" });
        await sleep(chance.between(0, 60));
        return this.#kill(fault, [place]);
      case "killed-while-stopped":
        place.stop();
        await sleep(chance.span(200));
        return this.#kill(fault, [place]);
      case "stopped":
        return this.#goOn(fault, place.standStill(chance.between(10, lease / 2)));
      case "stopped-beyond-lease":
        return this.#goOn(fault, server.standStill(chance.between(1.2, 2) * lease));
      case "client-stopped-beyond-heartbeat":
        if (client) this.#goOn(fault, client.standStill(chance.between(1.2, 2) * lease));
        return;
      case "producer-replaced":
        return this.#countIf(
          fault,
          succession.pass(chance.between(0, 500), () => this.#counts.get("producer-fenced") ?? 0),
        );
      case "closed":
        return this.#close(fault, place, "close");
      case "server-drained":
        return this.#close(fault, server, "drain");
      case "permission-withdrawn":
        return this.#withdraw(fault, client);
      case "trimmed-while-away":
        return this.#trim(fault, client);
    }
  }

  async #withdraw(fault: Chosen, place: Place | undefined): Promise<void> {
    const { testimonies, withdrawal } = this.#disturbed;
    const client = place && this.#isLinked(place) ? place : undefined;
    if (client)
      await this.#countIf(fault, withdrawal.run({ place: client, testimony: testimonies[client.index]! }));
  }

  async #trim(fault: Chosen, client: Place | undefined): Promise<void> {
    const { chance, links, retention } = this.#disturbed;
    if (!client || !this.#isLinked(client)) return;
    if (chance.of(0.5)) {
      const back = links.cutOff(this.#clientOf(client));
      await this.#countIf(fault, retention.run(client.index, back));
      return;
    }
    if (!(await this.#killed([client]))) return;
    await this.#countIf(
      fault,
      retention.run(client.index, () => client.start()),
    );
    client.start();
  }

  /** Resolves with one to which something was acknowledged just now, if there is one soon: more is under way there. */
  async #working(places: readonly Place[]): Promise<readonly Place[]> {
    const before = new Map(places.map((place) => [place, place.acknowledged]));
    const working = () => this.#awake(places).filter((place) => place.acknowledged > before.get(place)!);
    await until(() => working().length > 0, places.length > 0 ? soon : 0);
    const place = this.#disturbed.chance.pick(working());
    return place ? [place] : [];
  }

  /** Whether a client has got something, and nothing is done to its link. */
  #isLinked(client: Place): boolean {
    const { links, testimonies } = this.#disturbed;
    const testimony = testimonies[client.index]!;
    testimony.tell();
    return testimony.last > 0 && links.isWell(this.#clientOf(client));
  }

  async #close(fault: Chosen, place: Place, order: "close" | "drain"): Promise<void> {
    await this.#countIf(fault, this.#disturbed.close(place, order));
    place.start();
  }

  async #kill(fault: Chosen, victims: readonly Place[]): Promise<void> {
    if (await this.#killed(victims)) this.count(fault);
    for (const place of victims) place.start();
  }

  /** Resolves with whether none of them had ended before. */
  async #killed(victims: readonly Place[]): Promise<boolean> {
    const killed = (await Promise.all(victims.map((place) => place.kill()))).filter(Boolean).length;
    this.kills += killed;
    this.#disturbed.onKill(this.kills);
    return killed === victims.length && killed > 0;
  }

  async #countIf(fault: Fault, done: Promise<boolean>): Promise<void> {
    if (await done) this.count(fault);
  }

  #goOn(fault: Fault, done: Promise<boolean>): void {
    const pending: Promise<void> = this.#countIf(fault, done).then(() => {
      this.#pending.delete(pending);
    });
    this.#pending.set(pending, fault);
  }

  get #servers(): readonly Place[] {
    const { places, servers } = this.#disturbed;
    return places.slice(0, servers);
  }

  get #clients(): readonly Place[] {
    const { places, servers } = this.#disturbed;
    return places.slice(servers);
  }

  #clientOf(place: Place): number {
    return place.index - this.#disturbed.servers;
  }

  /** Those that are at work. */
  #awake(places: readonly Place[]): readonly Place[] {
    return places.filter(({ awake }) => awake);
  }
}
