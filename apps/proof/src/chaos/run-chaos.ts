import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Oracle, type Verdict } from "../oracle.js";
import { Chance } from "../simulation/chance.js";
import { isOfConclusion } from "./contract.js";
import { type Chosen, chosen, chosenFor, type Fault, type FaultCounts, faults } from "./faults.js";
import { speed } from "./hurried-runtime.js";
import { Place } from "./place.js";
import { type Plant, shownBy } from "./plants.js";
import { RecordPipe } from "./record-pipe.js";
import { Succession } from "./succession.js";
import { Testimony } from "./testimony.js";
import { until } from "./until.js";
import { parseLine, type Word } from "./word.js";

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly plant?: Plant | undefined;
  /** The program of the processes. Default: that beside this. */
  readonly program?: URL;
  /** For how long processes are killed, be they fewer than asked for, in milliseconds. Default: a minute, and 5 seconds for each. */
  readonly limit?: number;
  /** After how long without any news what is missing counts as lost, in milliseconds. Default 20,000. */
  readonly patience?: number;
  /** Told how many processes were killed so far. */
  readonly onKill?: (kills: number) => void;
}

export interface ChaosOutcome extends Verdict {
  /** Fewer than asked for where the time was over before. */
  readonly kills: number;
  readonly faults: FaultCounts;
  /** What should have been done to the processes, and never was. */
  readonly missing: readonly Fault[];
}

const places = 4;
/** The lease of a shard, in milliseconds. */
const lease = 30_000 / speed;
/** How long a process may take to come or to go, and all to be well, in milliseconds. */
const endurance = 60_000;

/** Kills processes that share a file until so many were, lets all be well, and compares what they did with what they promised. */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-chaos-"));
  const chaos = new Chaos(folder, options);
  const end = () => {
    chaos.end();
    rmSync(folder, { recursive: true, force: true });
  };
  // Processes that stand still would stay.
  process.once("exit", end);
  try {
    return await chaos.run();
  } finally {
    process.off("exit", end);
    end();
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #chance: Chance;
  readonly #oracle = new Oracle();
  readonly #group = this.#oracle.group("billing", () => true);
  readonly #pipe: RecordPipe;
  readonly #places: readonly Place[];
  readonly #listeners = Array.from({ length: places }, (_, index) =>
    this.#oracle.listener(`listener ${index}`, () => true, true),
  );
  readonly #testimonies: readonly Testimony[];
  readonly #succession: Succession;
  readonly #needed: readonly Fault[];
  readonly #counts = new Map<Fault, number>(faults.map((fault) => [fault, 0]));
  /** What goes on beside the next fault, and counts when it is over. */
  readonly #pending = new Map<Promise<void>, Fault>();
  #kills = 0;
  #resting = false;
  readonly #rested = new Set<number>();
  #concluded = false;

  constructor(folder: string, options: ChaosOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.#pipe = new RecordPipe(join(folder, "pipe"), (line) => this.#hear(...parseLine(line)));
    const { program = new URL("./actor.js", import.meta.url), plant } = options;
    this.#needed = plant ? shownBy[plant] : faults;
    const role = { folder, pipe: this.#pipe.path, since: Date.now(), plant };
    this.#places = Array.from(
      { length: places },
      (_, index) =>
        new Place(index, program, role, {
          fell: (how) => this.#oracle.trouble(`process ${index} ${how}`),
        }),
    );
    this.#succession = new Succession(this.#places);
    this.#testimonies = this.#listeners.map(
      (witness, index) => new Testimony(join(folder, `effects-${index}`), witness),
    );
  }

  async run(): Promise<ChaosOutcome> {
    await this.#disturb();
    await this.#heal();
    return {
      ...this.#oracle.verdict(),
      kills: this.#kills,
      faults: Object.fromEntries(this.#counts) as FaultCounts,
      missing: this.#missing(),
    };
  }

  end(): void {
    for (const place of this.#places) void place.kill();
    this.#pipe.close();
  }

  /** Does one thing after the other, each kind once and then as it comes, until there was enough of it or the time is over. */
  async #disturb(): Promise<void> {
    const { kills, limit = 60_000 + 5_000 * kills } = this.#options;
    const end = performance.now() + limit;
    for (const place of this.#places) place.start();
    while (performance.now() < end && (this.#kills < kills || this.#missing().length > 0)) {
      if (!(await until(() => this.#awake().length >= 2, endurance))) {
        throw new Error(`Of ${places} processes less than two came back within ${endurance / 1_000} s.`);
      }
      await sleep(this.#chance.span(100));
      const possible = chosen.filter((fault) => fault !== "producer-replaced" || this.#succession.successor);
      const underWay = new Set<Fault>(this.#pending.values());
      const missing = this.#missing()
        .filter((fault) => !underWay.has(fault))
        .map(chosenFor);
      const wanted = possible.filter((fault) => missing.includes(fault));
      await this.#do(this.#chance.pick(wanted) ?? this.#chance.pick(possible)!);
    }
    await Promise.all(this.#pending.keys());
  }

  async #do(fault: Chosen): Promise<void> {
    const place = this.#chance.pick(this.#awake());
    if (!place) return;
    switch (fault) {
      case "killed":
        return this.#kill(fault, [place]);
      case "killed-together":
        return this.#kill(
          fault,
          this.#places.filter((other) => other === place || this.#chance.of(0.5)),
        );
      case "killed-all":
        return this.#kill(fault, this.#places);
      case "killed-starting":
        await this.#kill("killed", [place]);
        await sleep(this.#chance.between(0, 400));
        if (!place.ready) await this.#kill(fault, [place]);
        return;
      case "killed-closing":
        place.ready = false;
        place.tell({ type: "close" });
        await sleep(this.#chance.between(0, 60));
        return this.#kill(fault, [place]);
      case "killed-while-stopped":
        place.stop();
        await sleep(this.#chance.span(200));
        return this.#kill(fault, [place]);
      case "stopped":
        return this.#standStill(fault, place, this.#chance.between(10, lease / 2));
      case "stopped-beyond-lease":
        return this.#standStill(fault, place, this.#chance.between(1.2, 2) * lease);
      case "producer-replaced":
        if (await this.#pass()) this.#count(fault);
        return;
      case "closed":
        if (await this.#close(place)) this.#count(fault);
        place.start();
    }
  }

  /** Counts only where all of them had not ended before. */
  async #kill(fault: Chosen, victims: readonly Place[]): Promise<void> {
    const killed = (await Promise.all(victims.map((place) => place.kill()))).filter(Boolean).length;
    if (killed === victims.length) this.#count(fault);
    this.#kills += killed;
    this.#options.onKill?.(this.#kills);
    for (const place of victims) place.start();
  }

  #pass(): Promise<boolean> {
    return this.#succession.pass(
      this.#chance.between(0, 500),
      () => this.#counts.get("producer-fenced") ?? 0,
    );
  }

  #standStill(fault: Chosen, place: Place, milliseconds: number): void {
    const pending: Promise<void> = place.standStill(milliseconds).then((whole) => {
      if (whole) this.#count(fault);
      this.#pending.delete(pending);
    });
    this.#pending.set(pending, fault);
  }

  #hear(index: number, word: Word): void {
    const oracle = this.#oracle;
    switch (word.type) {
      case "ready":
        this.#places[index]!.ready = true;
        if (this.#resting) this.#places[index]!.tell({ type: "rest" });
        else this.#succession.came(index);
        return;
      case "attempted":
        // A producer attempts again what the one before it may have appended.
        if (!oracle.event(word.id)) oracle.attempted(word);
        return;
      case "acknowledged":
        oracle.acknowledged(word.id, word.offset);
        return;
      case "refused":
        oracle.refused(word.id);
        return;
      case "began":
        this.#group.began(word.id, word.offset, word.shard);
        return;
      case "did":
        this.#group.did(word.id, word.offset);
        return;
      case "saved":
        this.#group.saved(word.shard, word.settled);
        return;
      case "producing":
        this.#succession.began(word.epoch);
        return;
      case "fenced":
        this.#count("producer-fenced");
        return;
      case "rested":
        this.#rested.add(index);
        return;
      case "concluded":
        this.#concluded = true;
        return;
      case "gap":
        (word.of === "group" ? this.#group : this.#listeners[index]!).gap(word.reason);
        return;
      case "trouble":
        oracle.trouble(`process ${index}: ${word.text}`);
    }
  }

  /** From here on all is well: everybody comes back, and gets everything. */
  async #heal(): Promise<void> {
    const end = performance.now() + endurance;
    this.#resting = true;
    for (const place of this.#places) {
      place.start();
      if (place.ready) place.tell({ type: "rest" });
    }
    if (await this.#expect("all processes rest", () => this.#rested.size === places, end)) {
      this.#places[0]!.tell({ type: "conclude" });
      await this.#expect("what comes last is in the log", () => this.#concluded, end);
    }
    await this.#settle(end);
    await Promise.all(this.#places.map((place) => this.#close(place)));
    this.#testify();
  }

  /** Waits until all have got, or passed, everything: or for as long as there are news, and not beyond the end. */
  async #settle(end: number): Promise<void> {
    const { patience = 20_000 } = this.#options;
    let missing = Number.POSITIVE_INFINITY;
    for (let since = performance.now(); performance.now() < Math.min(since + patience, end); ) {
      this.#testify();
      const lost = this.#oracle.lost();
      // Who has what came last is given nothing more: what it lacks then is lost, and not late.
      if (this.#concluded && !lost.some(isOfConclusion)) return;
      if (lost.length < missing) since = performance.now();
      missing = lost.length;
      await sleep(50);
    }
  }

  async #close(place: Place): Promise<boolean> {
    const closed = await place.close(endurance);
    if (!closed) this.#oracle.trouble(`process ${place.index} did not close in good order`);
    return closed;
  }

  async #expect(what: string, holds: () => boolean, end: number): Promise<boolean> {
    const held = await until(holds, end - performance.now());
    if (!held) this.#oracle.trouble(`it is not so after ${endurance / 1_000} s that ${what}`);
    return held;
  }

  /** Tells the witnesses what the listeners have done. */
  #testify(): void {
    for (const testimony of this.#testimonies) testimony.tell();
  }

  /** The processes that are at work. */
  #awake(): readonly Place[] {
    return this.#places.filter(({ awake }) => awake);
  }

  #missing(): readonly Fault[] {
    return this.#needed.filter((fault) => this.#counts.get(fault) === 0);
  }

  #count(fault: Fault): void {
    this.#counts.set(fault, this.#counts.get(fault)! + 1);
  }
}
