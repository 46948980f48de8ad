import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Oracle, type Verdict } from "../oracle.js";
import { Chance } from "../simulation/chance.js";
import type { Listener } from "../witness.js";
import { isOfConclusion } from "./contract.js";
import { Disturbances } from "./disturbances.js";
import { type Chosen, chosen, type Fault, type FaultCounts, faults } from "./faults.js";
import { KeptEvents } from "./kept-events.js";
import { Links } from "./links.js";
import { Place } from "./place.js";
import { type Plant, shownBy } from "./plants.js";
import { RecordPipe } from "./record-pipe.js";
import { Retention } from "./retention.js";
import { Succession } from "./succession.js";
import { Testimony } from "./testimony.js";
import { until } from "./until.js";
import { Withdrawal } from "./withdrawal.js";
import { parseLine, type Word } from "./word.js";

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly plant?: Plant | undefined;
  /** The program of the processes. Default: that beside this. */
  readonly program?: URL;
  /** For how long processes are killed, be they fewer than asked for, in milliseconds. Default: a minute, and 5 seconds for each. */
  readonly limit?: number;
  /** How many processes share the file, and serve it: two at least. Default 3. */
  readonly servers?: number;
  /** How many processes are clients. Default 3. */
  readonly clients?: number;
  /** After how long without any news nobody sends any more what an outbox kept, in milliseconds. Default 20,000. */
  readonly patience?: number;
  /** What may be done. Default: everything. */
  readonly kinds?: readonly Chosen[];
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

/** After how long without any news what is missing counts as lost, in milliseconds. */
const longest = 20_000;
/** How long a process may take to come or to go, and all to be well, in milliseconds. */
const endurance = 60_000;

/** Kills processes that share a file until so many were, lets all be well, and compares what they did with what they promised. */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-chaos-"));
  // When clients connect is not for the seed to say.
  const chance = new Chance(options.seed + 1);
  const links = await Links.open(options.clients ?? 3, chance, () => chance.pick(chaos.ports()));
  const chaos = new Chaos(folder, options, links);
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
  readonly #links: Links;
  readonly #oracle = new Oracle();
  readonly #group = this.#oracle.group("billing", () => true);
  readonly #kept = new KeptEvents(this.#oracle);
  readonly #pipe: RecordPipe;
  readonly #places: readonly Place[];
  readonly #listeners: readonly Listener[];
  readonly #testimonies: readonly Testimony[];
  readonly #succession: Succession;
  readonly #withdrawal: Withdrawal;
  readonly #retention: Retention;
  readonly #disturbances: Disturbances;
  #resting = false;
  readonly #rested = new Set<number>();
  #concluded = false;

  constructor(folder: string, options: ChaosOptions, links: Links) {
    const chance = new Chance(options.seed);
    this.#options = options;
    this.#links = links;
    const oracle = this.#oracle;
    this.#pipe = new RecordPipe(join(folder, "pipe"), (line) => this.#hear(...parseLine(line)));
    const { program = new URL("./actor.js", import.meta.url), plant, onKill } = options;
    const common = { folder, pipe: this.#pipe.path, since: Date.now(), plant };
    const { servers = 3 } = options;
    this.#places = Array.from({ length: servers + links.count }, (_, index) => {
      const role = index < servers ? common : { ...common, link: links.of(index - servers) };
      return new Place(index, program, role, {
        fell: (how) => oracle.trouble(`process ${index} ${how}`),
      });
    });
    const serving = this.#places.slice(0, servers);
    this.#listeners = this.#places.map(({ index }) => oracle.listener(`listener ${index}`, () => true, true));
    this.#testimonies = this.#listeners.map(
      (witness, index) =>
        new Testimony(join(folder, `effects-${index}`), witness, (id) => oracle.event(id) !== undefined),
    );
    this.#succession = new Succession(serving);
    this.#withdrawal = new Withdrawal(folder, oracle, chance, serving);
    this.#retention = new Retention({
      oracle,
      group: this.#group,
      testimonies: this.#testimonies,
      server: () => serving.find(({ awake }) => awake),
    });
    this.#disturbances = new Disturbances({
      chance,
      places: this.#places,
      servers,
      links,
      succession: this.#succession,
      withdrawal: this.#withdrawal,
      retention: this.#retention,
      testimonies: this.#testimonies,
      needed: plant ? shownBy[plant] : faults,
      kinds: options.kinds ?? chosen,
      onKill: (kills) => onKill?.(kills),
      close: (place, order) => this.#close(place, order),
    });
  }

  /** Where a client that connects may find a server. */
  ports(): readonly number[] {
    return this.#places.flatMap(({ ready, port }) => (ready && port !== undefined ? [port] : []));
  }

  async run(): Promise<ChaosOutcome> {
    const { kills, limit = 60_000 + 5_000 * kills } = this.#options;
    const disturbances = this.#disturbances;
    await disturbances.run(kills, limit);
    await this.#heal();
    const verdict = this.#oracle.verdict();
    return {
      ...verdict,
      lost: [...verdict.lost, ...this.#kept.lost()],
      kills: disturbances.kills,
      faults: disturbances.counts,
      missing: disturbances.missing,
    };
  }

  end(): void {
    for (const place of this.#places) void place.kill();
    this.#links.close();
    this.#pipe.close();
  }

  #hear(index: number, word: Word): void {
    const oracle = this.#oracle;
    switch (word.type) {
      case "ready": {
        const place = this.#places[index]!;
        place.ready = true;
        place.port = word.port;
        this.#withdrawal.looked(index);
        if (this.#resting) place.tell({ type: "rest" });
        else this.#succession.came(index);
        return;
      }
      case "attempted":
        // A producer attempts again what the one before it may have appended.
        if (!oracle.event(word.id)) oracle.attempted(word);
        return;
      case "acknowledged":
        oracle.acknowledged(word.id, word.offset);
        this.#places[index]!.acknowledged += 1;
        return;
      case "refused":
        oracle.refused(word.id);
        return;
      case "kept":
        for (const id of word.ids) this.#kept.kept(id);
        return;
      case "began":
        this.#group.began(word.id, word.offset, word.shard, word.checked);
        return;
      case "did":
        this.#group.did(word.id, word.offset);
        return;
      case "saved":
        this.#group.saved(word.shard, word.settled, word.asked);
        return;
      case "reauthorized":
        this.#withdrawal.looked(index);
        return;
      case "trimmed":
        this.#retention.trimmed();
        return;
      case "producing":
        this.#succession.began(word.epoch);
        return;
      case "fenced":
        this.#disturbances.count("producer-fenced");
        return;
      case "rested":
        this.#rested.add(index);
        return;
      case "concluded":
        this.#concluded = true;
        return;
      case "gap":
        if (word.of === "listener") this.#gap(index, word.reason);
        else if (word.reason === "trimmed" && this.#retention.groupGap()) this.#group.gaps += 1;
        else this.#group.gap(word.reason);
        return;
      case "trouble":
        oracle.trouble(`process ${index}: ${word.text}`);
    }
  }

  /** Nobody is told of one but who may not listen, or was away for longer than the log keeps. */
  #gap(index: number, reason: string): void {
    const listener = this.#listeners[index]!;
    if (reason === "denied" && this.#withdrawal.denied(index)) {
      listener.gaps += 1;
      return;
    }
    if (reason === "trimmed" && !this.#retention.gap(index)) {
      this.#oracle.trouble(`a gap at ${listener.name}: it was not away`);
    }
    listener.gap(reason);
  }

  /** From here on all is well: everybody comes back, and gets everything. */
  async #heal(): Promise<void> {
    const end = performance.now() + endurance;
    this.#resting = true;
    for (const place of this.#places) {
      place.start();
      if (place.ready) place.tell({ type: "rest" });
    }
    if (await this.#expect("all processes rest", () => this.#rested.size === this.#places.length, end)) {
      // Nobody waits for what is left of who was killed, and it may come behind what comes last.
      await this.#settle(
        end,
        () => this.#kept.lost(),
        (lost) => lost.length === 0,
        this.#options.patience,
      );
      this.#places[0]!.tell({ type: "conclude" });
      await this.#expect("what comes last is in the log", () => this.#concluded, end);
    }
    // Who has what came last is given nothing more: what it lacks then is lost, and not late.
    await this.#settle(
      end,
      () => this.#oracle.lost(),
      (lost) => this.#concluded && !lost.some(isOfConclusion),
    );
    await Promise.all(this.#places.map((place) => this.#close(place, "close")));
    for (const testimony of this.#testimonies) testimony.tell(true);
  }

  /** Waits until nothing is missing that still may come: or for as long as there are news, and not beyond the end. */
  async #settle(
    end: number,
    lost: () => readonly string[],
    isOver: (lost: readonly string[]) => boolean,
    patience = longest,
  ): Promise<void> {
    let missing = Number.POSITIVE_INFINITY;
    for (let since = performance.now(); performance.now() < Math.min(since + patience, end); ) {
      for (const testimony of this.#testimonies) testimony.tell();
      const now = lost();
      if (isOver(now)) return;
      if (now.length < missing) since = performance.now();
      missing = now.length;
      await sleep(50);
    }
  }

  async #close(place: Place, order: "close" | "drain"): Promise<boolean> {
    const closed = await place.close(endurance, { type: order });
    if (!closed) this.#oracle.trouble(`process ${place.index} did not close in good order`);
    return closed;
  }

  async #expect(what: string, holds: () => boolean, end: number): Promise<boolean> {
    const held = await until(holds, end - performance.now());
    if (!held) this.#oracle.trouble(`it is not so after ${endurance / 1_000} s that ${what}`);
    return held;
  }
}
