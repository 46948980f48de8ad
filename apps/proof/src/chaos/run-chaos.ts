import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Oracle, type Verdict } from "../oracle.js";
import { Chance } from "../simulation/chance.js";
import type { Listener } from "../witness.js";
import { effectsIn } from "./effects.js";
import { chosen, type Fault, type FaultCounts, faults } from "./faults.js";
import { speed } from "./hurried-runtime.js";
import { numbered } from "./numbered-producer.js";
import { Place } from "./place.js";
import type { Plant } from "./plants.js";
import { RecordPipe } from "./record-pipe.js";
import { parseLine, type Word } from "./word.js";

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly plant?: Plant | undefined;
  /** The program of the processes. Default: that beside this. */
  readonly program?: URL;
  /** After how long without any news what is missing counts as lost, in milliseconds. Default 20,000. */
  readonly patience?: number;
  /** Told how many processes were killed so far. */
  readonly onKill?: (kills: number) => void;
}

export interface ChaosOutcome extends Verdict {
  readonly kills: number;
  readonly faults: FaultCounts;
}

const places = 4;
/** The lease of a shard, in milliseconds. */
const lease = 30_000 / speed;
/** How long a process may take to come or to go, in milliseconds. */
const endurance = 60_000;
/** How long a producer may take to begin, and one that was replaced to notice, in milliseconds. */
const notice = 5_000;

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
  readonly #folder: string;
  readonly #chance: Chance;
  readonly #oracle = new Oracle();
  readonly #group = this.#oracle.group("billing", () => true);
  readonly #pipe: RecordPipe;
  readonly #places: readonly Place[];
  readonly #listeners: readonly Listener[];
  /** How many effects of each place were looked at. */
  readonly #seen: number[] = Array.from({ length: places }, () => 0);
  readonly #counts = new Map<Fault, number>(faults.map((fault) => [fault, 0]));
  /** What goes on beside the next fault. */
  readonly #pending = new Set<Promise<void>>();
  #kills = 0;
  /** Where the numbered producer is, as which epoch, and whether that is known to have appended. */
  #producer = 0;
  #epoch = 0;
  #producing = false;
  #resting = false;

  constructor(folder: string, options: ChaosOptions) {
    this.#options = options;
    this.#folder = folder;
    this.#chance = new Chance(options.seed);
    this.#pipe = new RecordPipe(join(folder, "pipe"), (line) => this.#hear(...parseLine(line)));
    const { program = new URL("./actor.js", import.meta.url), plant } = options;
    const role = { folder, pipe: this.#pipe.path, since: Date.now(), plant };
    this.#places = Array.from(
      { length: places },
      (_, index) =>
        new Place(index, program, role, {
          fell: (how) => this.#oracle.trouble(`process ${index} ${how}`),
        }),
    );
    this.#listeners = this.#places.map((place) =>
      this.#oracle.listener(`listener ${place.index}`, () => true, true),
    );
  }

  async run(): Promise<ChaosOutcome> {
    const { kills } = this.#options;
    for (const place of this.#places) place.start();
    for (
      let missing: readonly Fault[] = chosen;
      this.#kills < kills || missing.length > 0;
      missing = this.#missing()
    ) {
      if (!(await this.#until(() => this.#awake().length >= 2, endurance))) {
        throw new Error("The processes do not come back.");
      }
      await sleep(this.#chance.span(100));
      // Each once, and then as it comes.
      await this.#do(this.#chance.pick<Fault>(missing) ?? this.#chance.pick(chosen)!);
    }
    await Promise.all(this.#pending);
    await this.#heal();
    return {
      ...this.#oracle.verdict(),
      kills: this.#kills,
      faults: Object.fromEntries(this.#counts) as FaultCounts,
    };
  }

  end(): void {
    for (const place of this.#places) void place.kill();
    this.#pipe.close();
  }

  async #do(fault: Fault): Promise<void> {
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
        place.tell({ type: "close" });
        await sleep(this.#chance.between(0, 60));
        if (place.alive) await this.#kill(fault, [place]);
        else place.start();
        return;
      case "killed-while-stopped":
        place.stop();
        await sleep(this.#chance.span(200));
        return this.#kill(fault, [place]);
      case "stopped":
        return this.#stop(fault, place, this.#chance.between(10, lease / 2));
      case "stopped-beyond-lease":
        return this.#stop(fault, place, this.#chance.between(1.2, 2) * lease);
      case "producer-replaced":
        return this.#replaceProducer();
      case "closed":
        this.#count(fault);
        place.ready = false;
        if (!(await place.close(endurance))) this.#oracle.trouble(`process ${place.index} did not close`);
        place.start();
    }
  }

  async #kill(fault: Fault, victims: readonly Place[]): Promise<void> {
    this.#count(fault);
    const alive = victims.filter((place) => place.alive);
    await Promise.all(alive.map((place) => place.kill()));
    this.#kills += alive.length;
    this.#options.onKill?.(this.#kills);
    for (const place of victims) place.start();
  }

  #stop(fault: Fault, place: Place, milliseconds: number): void {
    this.#count(fault);
    place.stop();
    this.#beside(async () => {
      await sleep(milliseconds);
      if (place.stopped) place.go();
    });
  }

  /** Another takes the place of a producer that stands still, and then goes on. */
  async #replaceProducer(): Promise<void> {
    const before = this.#places[this.#producer]!;
    const after = this.#chance.pick(this.#awake().filter((place) => place !== before));
    if (!this.#producing || !this.#awake().includes(before) || !after) return;
    this.#count("producer-replaced");
    before.stop();
    this.#producer = after.index;
    this.#produce();
    await this.#until(() => this.#producing, notice);
    await sleep(this.#chance.between(0, 500));
    const fenced = this.#counts.get("producer-fenced");
    before.go();
    await this.#until(() => this.#counts.get("producer-fenced") !== fenced, notice);
  }

  #produce(): void {
    this.#epoch += 1;
    this.#producing = false;
    this.#places[this.#producer]!.tell({ type: "produce", epoch: this.#epoch });
  }

  #hear(index: number, word: Word): void {
    const oracle = this.#oracle;
    switch (word.type) {
      case "ready":
        this.#places[index]!.ready = true;
        if (this.#resting) this.#places[index]!.tell({ type: "rest" });
        else if (index === this.#producer) this.#produce();
        return;
      case "attempted":
        // A producer attempts again what the one before it may have appended.
        if (!oracle.event(word.id)) oracle.attempted(word);
        return;
      case "acknowledged":
        oracle.acknowledged(word.id, word.offset);
        if (index === this.#producer && word.id.startsWith(numbered)) this.#producing = true;
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
      case "fenced":
        this.#count("producer-fenced");
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
    const { patience = 20_000 } = this.#options;
    this.#resting = true;
    for (const place of this.#places) {
      place.start();
      place.tell({ type: "rest" });
    }
    let lost = Number.POSITIVE_INFINITY;
    for (let since = performance.now(); lost > 0 && performance.now() - since < patience; ) {
      await sleep(100);
      this.#testify();
      const now = this.#oracle.lost().length;
      if (now < lost) since = performance.now();
      lost = now;
    }
    for (const place of this.#places) {
      if (!(await place.close(endurance))) this.#oracle.trouble(`process ${place.index} did not close`);
    }
    this.#testify();
  }

  /** Tells the witnesses what the listeners have done. */
  #testify(): void {
    for (const { index } of this.#places) {
      const effects = effectsIn(readFileSync(join(this.#folder, `effects-${index}`), "utf8"));
      for (const { id, offset } of effects.slice(this.#seen[index])) {
        if (id !== undefined) this.#listeners[index]!.got(id, offset);
      }
      this.#seen[index] = effects.length;
    }
  }

  /** The processes that are at work. */
  #awake(): readonly Place[] {
    return this.#places.filter(({ ready, stopped }) => ready && !stopped);
  }

  #missing(): readonly Fault[] {
    return chosen.filter((fault) => this.#counts.get(fault) === 0);
  }

  #beside(work: () => Promise<void>): void {
    const pending = work().finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Resolves when it holds, or so many milliseconds are over: with whether it holds. */
  async #until(holds: () => boolean, milliseconds: number): Promise<boolean> {
    const until = performance.now() + milliseconds;
    while (!holds() && performance.now() < until) await sleep(5);
    return holds();
  }

  #count(fault: Fault): void {
    this.#counts.set(fault, this.#counts.get(fault)! + 1);
  }
}
