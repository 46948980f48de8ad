import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { speed } from "../chaos/hurried-runtime.js";
import { Place } from "../chaos/place.js";
import { RecordPipe } from "../chaos/record-pipe.js";
import { Relay } from "../chaos/relay.js";
import { until } from "../chaos/until.js";
import { Chance } from "../simulation/chance.js";
import { fileOf } from "./file.js";
import type { WorkPlant } from "./plants.js";
import { countLeft, readWork } from "./read-work.js";
import type { Common, WorkOrder, WorkWord } from "./words.js";
import { WorkOracle, type WorkVerdict } from "./work-oracle.js";

export interface WorkChaosOptions {
  /** How many parcels are handed in. */
  readonly tasks: number;
  /** How many workers are killed. */
  readonly kills: number;
  /** How many hubs are killed. */
  readonly hubKills: number;
  readonly seed: number;
  readonly plant?: WorkPlant | undefined;
  /** What has to happen at least once. Default: everything. */
  readonly needed?: readonly WorkFault[];
  /** The program of the processes. Default: that beside this. */
  readonly program?: URL;
  readonly onProgress?: (progress: { readonly kills: number; readonly handedIn: number }) => void;
}

export const workFaults = [
  "worker-killed",
  "worker-stopped-beyond-lease",
  "worker-closed",
  "worker-link-reset",
  "hub-killed",
  "hubs-killed-together",
  "hub-stopped-beyond-lease",
  "hub-drained",
] as const;

export type WorkFault = (typeof workFaults)[number];

export interface WorkOutcome extends WorkVerdict {
  readonly handedIn: number;
  readonly carried: number;
  readonly dead: number;
  /** How many attempts were begun, and how many came to their end without counting: what at least once means. */
  readonly begun: number;
  readonly repeated: number;
  /** How many workers were told that what they had done does not count. */
  readonly told: number;
  readonly kills: number;
  readonly hubKills: number;
  readonly faults: Readonly<Record<WorkFault, number>>;
  readonly missing: readonly WorkFault[];
}

const hubs = 2;
const workers = 4;
/** How long a process may take to come or to go, in milliseconds. */
const endurance = 60_000;
/** How long one may take until something is handed in, in milliseconds. */
const soon = 3_000;
/** How long all may stand still before what is missing is lost, in milliseconds. */
const patience = 20_000;
/** The lease of a task, in milliseconds. */
const lease = 30_000 / speed;

/** Hands in parcels, kills who takes them and carries them, lets all be well, and compares what was promised with what the file has. */
export async function runWork(options: WorkChaosOptions): Promise<WorkOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-work-"));
  const chaos = new WorkChaos(folder, options);
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

class WorkChaos {
  readonly #options: WorkChaosOptions;
  readonly #common: Common;
  readonly #chance: Chance;
  readonly #oracle = new WorkOracle();
  readonly #pipe: RecordPipe;
  readonly #places: Place<WorkOrder>[] = [];
  readonly #relays: Relay[] = [];
  readonly #counts = new Map<WorkFault, number>(workFaults.map((fault) => [fault, 0]));
  readonly #pending = new Set<Promise<void>>();
  #kills = 0;
  #hubKills = 0;

  constructor(folder: string, options: WorkChaosOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.#pipe = new RecordPipe(join(folder, "pipe"), (line) => {
      this.#hear(...(JSON.parse(line) as [number, WorkWord]));
    });
    this.#common = { folder, pipe: this.#pipe.path, since: Date.now(), plant: options.plant };
  }

  async run(): Promise<WorkOutcome> {
    const { tasks, kills, hubKills } = this.#options;
    for (let hub = 0; hub < hubs; hub++) this.#place({ part: "hub" });
    await this.#client("vendor");
    for (let worker = 0; worker < workers; worker++) await this.#client("worker");
    for (const place of this.#places) place.start();
    this.#handIn(1);
    if (!(await until(() => this.#oracle.handedIn > 0, endurance))) {
      throw new Error(`Nothing was handed in within ${endurance / 1_000} s.`);
    }
    while (this.#kills < kills || this.#hubKills < hubKills || this.#needed().length > 0) {
      // As much is handed in as was killed of what is to be, so that there is work all the time.
      const part = Math.min(1, (this.#kills + this.#hubKills + 1) / (kills + hubKills));
      this.#handIn(Math.ceil(tasks * part));
      if (!(await until(() => this.#awake(this.#hubs).length > 0, endurance))) {
        throw new Error(`No hub came back within ${endurance / 1_000} s.`);
      }
      await sleep(this.#chance.span(200));
      await this.#disturb(this.#next());
    }
    await Promise.all(this.#pending);
    return await this.#conclude();
  }

  end(): void {
    for (const place of this.#places) void place.kill();
    for (const relay of this.#relays) relay.close();
    this.#pipe.close();
  }

  #place(role: object): void {
    const { program = new URL("./program.js", import.meta.url) } = this.#options;
    const index = this.#places.length;
    this.#places.push(
      new Place(
        index,
        program,
        { ...this.#common, ...role },
        {
          fell: (how) => {
            // A parcel has taken its worker along.
            if (how === "ended with 7") queueMicrotask(() => this.#places[index]!.start());
            else this.#oracle.trouble(`process ${index} ${how}`);
          },
        },
      ),
    );
  }

  /** Each over a relay of its own, to a hub that is there. */
  async #client(part: "vendor" | "worker"): Promise<void> {
    const relay = await Relay.open(() => this.#chance.pick(this.#awake(this.#hubs))?.port);
    this.#relays.push(relay);
    this.#place({ part, port: relay.port });
  }

  get #hubs(): readonly Place<WorkOrder>[] {
    return this.#places.slice(0, hubs);
  }

  get #vendor(): Place<WorkOrder> {
    return this.#places[hubs]!;
  }

  get #workers(): readonly Place<WorkOrder>[] {
    return this.#places.slice(hubs + 1);
  }

  #awake(places: readonly Place<WorkOrder>[]): readonly Place<WorkOrder>[] {
    return places.filter(({ awake }) => awake);
  }

  #hear(index: number, word: WorkWord): void {
    const oracle = this.#oracle;
    switch (word.type) {
      case "ready": {
        const place = this.#places[index]!;
        place.ready = true;
        place.port = word.port;
        if (place === this.#vendor) this.#handIn(this.#before);
        return;
      }
      case "handing-in":
        oracle.handingIn(word.number);
        return;
      case "handed-in":
        oracle.handedInNow(word.number);
        return;
      case "began":
        oracle.began(word.number, word.attempt);
        return;
      case "ended":
        oracle.ended += 1;
        return;
      case "fenced":
        oracle.fenced += 1;
        return;
      case "trouble":
        oracle.trouble(`process ${index}: ${word.text}`);
    }
  }

  #before = 0;

  #handIn(before: number): void {
    this.#before = before;
    if (this.#vendor.ready) this.#vendor.tell({ type: "hand-in", before });
  }

  /** What never came before all else; hubs are killed as often as workers are, of what each is to be. */
  #next(): WorkFault {
    const { kills, hubKills } = this.#options;
    const needed = this.#needed();
    const isKilled = this.#kills >= kills && this.#hubKills >= hubKills;
    if (needed.length > 0 && (isKilled || this.#chance.of(0.3))) return this.#chance.pick(needed)!;
    if (this.#chance.of(0.08)) {
      return this.#chance.pick([
        "worker-stopped-beyond-lease",
        "worker-closed",
        "worker-link-reset",
        "hub-stopped-beyond-lease",
        "hub-drained",
      ] as const)!;
    }
    const isBehind = this.#hubKills / hubKills < this.#kills / kills || this.#kills >= kills;
    if (!isBehind || this.#hubKills >= hubKills) return "worker-killed";
    return this.#chance.of(0.3) ? "hubs-killed-together" : "hub-killed";
  }

  /** What never came; it comes, also where enough were killed. */
  #needed(): readonly WorkFault[] {
    const { needed = workFaults } = this.#options;
    return needed.filter((fault) => this.#counts.get(fault) === 0);
  }

  async #disturb(fault: WorkFault): Promise<void> {
    const worker = this.#chance.pick(this.#awake(this.#workers));
    const hub = this.#chance.pick(this.#awake(this.#hubs));
    if (!worker || !hub) return;
    switch (fault) {
      case "worker-killed":
        this.#kills += await this.#kill(fault, [worker]);
        return this.#told();
      case "hub-killed":
        await this.#handing();
        this.#hubKills += await this.#kill(fault, [hub]);
        return this.#told();
      case "hubs-killed-together":
        await this.#handing();
        this.#hubKills += await this.#kill(fault, this.#hubs);
        return this.#told();
      case "worker-stopped-beyond-lease":
        return this.#goOn(fault, worker.standStill(this.#chance.between(1.2, 2) * lease));
      case "hub-stopped-beyond-lease":
        return this.#goOn(fault, hub.standStill(this.#chance.between(1.2, 2) * lease));
      case "worker-closed":
        return this.#close(fault, worker, { type: "close" });
      case "hub-drained":
        return this.#close(fault, hub, { type: "drain" });
      case "worker-link-reset":
        if (this.#relays[worker.index - hubs]!.reset()) this.#count(fault);
        return;
    }
  }

  /** Resolves as something is handed in, if that is soon: more is under way then. */
  async #handing(): Promise<void> {
    const { handedIn } = this.#oracle;
    await until(() => this.#oracle.handedIn > handedIn, handedIn < this.#before ? soon : 0);
  }

  #told(): void {
    this.#options.onProgress?.({ kills: this.#kills + this.#hubKills, handedIn: this.#oracle.handedIn });
  }

  #count(fault: WorkFault): void {
    this.#counts.set(fault, this.#counts.get(fault)! + 1);
  }

  /** Resolves with how many it has ended. */
  async #kill(fault: WorkFault, victims: readonly Place<WorkOrder>[]): Promise<number> {
    const killed = (await Promise.all(victims.map((place) => place.kill()))).filter(Boolean).length;
    if (killed === victims.length) this.#count(fault);
    for (const place of victims) place.start();
    return killed;
  }

  #goOn(fault: WorkFault, done: Promise<boolean>): void {
    const pending: Promise<void> = done.then((isDone) => {
      if (isDone) this.#count(fault);
      this.#pending.delete(pending);
    });
    this.#pending.add(pending);
  }

  async #close(fault: WorkFault, place: Place<WorkOrder>, order: WorkOrder): Promise<void> {
    if (await place.close(endurance, order)) this.#count(fault);
    place.start();
  }

  /** From here on all is well: everything is handed in, and carried or dead. */
  async #conclude(): Promise<WorkOutcome> {
    const { tasks } = this.#options;
    const oracle = this.#oracle;
    this.#handIn(tasks);
    for (const place of this.#places) place.start();
    await this.#settle();
    await Promise.all(this.#places.map((place) => place.close(endurance, { type: "close" })));
    const file = fileOf(this.#common.folder);
    const left = await countLeft(file);
    const { carried, dead } = await readWork(file);
    if (oracle.handedIn < tasks) oracle.trouble(`only ${oracle.handedIn} of ${tasks} were handed in`);
    if (left > 0) oracle.trouble(`${left} still wait, and nothing goes on`);
    return {
      ...oracle.verdict(carried, dead),
      handedIn: oracle.handedIn,
      carried: carried.length,
      dead: dead.length,
      begun: oracle.begun,
      repeated: oracle.ended - carried.length,
      told: oracle.fenced,
      kills: this.#kills,
      hubKills: this.#hubKills,
      faults: Object.fromEntries(this.#counts) as Record<WorkFault, number>,
      missing: this.#needed(),
    };
  }

  /** Resolves when nothing is left to do, or nothing has gone on for a while. */
  async #settle(): Promise<void> {
    const { tasks } = this.#options;
    const file = fileOf(this.#common.folder);
    let last = "";
    for (let since = performance.now(); performance.now() < since + patience; ) {
      await sleep(250);
      if (this.#oracle.handedIn === tasks && (await countLeft(file)) === 0) return;
      const now = `${this.#oracle.handedIn} ${this.#oracle.begun} ${this.#oracle.ended}`;
      if (now !== last) since = performance.now();
      last = now;
    }
  }
}
