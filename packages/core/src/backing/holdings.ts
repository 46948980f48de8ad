import { ClosedError } from "@eventwire/queue";
import type { BusCore } from "../bus-core.js";
import { shardCount } from "../shard.js";
import type { Place } from "./place.js";
import type { Progress } from "./progress.js";
import type { Meeting } from "./roster.js";
import type { Store } from "./store.js";
import { Tenure } from "./tenure.js";
import { decodeState, encodeState, firstState, takenState } from "./tenure-state.js";

/** For how long a shard is held unless it is held on to, in milliseconds. */
export const shardLease = 30_000;
/** How long a shard waits at least from one save to the next, in milliseconds. */
const saveEvery = 100;
/** How often to look which shards have not been saved for a while. */
const keepEvery = shardLease / 6;

export interface HoldingsOptions {
  readonly core: BusCore;
  readonly store: Store;
  readonly progress: Progress;
  /** The member, as an owner of cursors. */
  readonly member: string;
  readonly cursorOf: (shard: number) => string;
  /** Brings a tenure up to date before it is saved. */
  readonly update: (tenure: Tenure) => void;
  /** Told when shards were gained, or will be or are lost. */
  readonly changed: () => void;
  readonly gained: (tenure: Tenure) => void;
  readonly lost: (tenure: Tenure, reason: "released" | "lease") => void;
  /** Told when a shard's events are of another history of the log than what is done of them. */
  readonly outdated: () => void;
}

/** The shards that a member holds: takes its share, keeps the leases, saves what is done, gives back what is too much. */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #held = new Map<number, Tenure>();
  #savedAt = Number.NEGATIVE_INFINITY;
  #cancelSave: (() => void) | undefined;
  #cancelKeep: (() => void) | undefined;
  #outdated = false;
  #ended = false;

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  get(shard: number): Tenure | undefined {
    return this.#held.get(shard);
  }

  all(): readonly Tenure[] {
    return [...this.#held.values()];
  }

  /** Brings what it holds to its share. @returns whether that has changed already. */
  async balance({ share, taken, start }: Meeting): Promise<boolean> {
    const staying = this.all().filter(({ leaving }) => !leaving);
    const tooMany = staying.length - share;
    // Those first that can go at once.
    const leaving = tooMany > 0 ? staying.sort(byRunning).slice(0, tooMany) : [];
    for (const tenure of leaving) void this.#release(tenure);
    const free = shuffled(
      Array.from({ length: shardCount }, (_, shard) => shard).filter(
        (shard) => !taken.has(shard) && !this.#held.has(shard),
      ),
      () => this.#options.core.runtime.random(),
    );
    let gained = false;
    while (free.length > 0 && this.#held.size < share && !this.#ended) {
      const tries = free.splice(0, share - this.#held.size);
      const tenures = await Promise.all(tries.map((shard) => this.#take(shard, start)));
      gained ||= tenures.some(Boolean);
    }
    if (gained) this.#options.changed();
    if (this.#outdated) this.#options.outdated();
    this.#outdated = false;
    return gained;
  }

  /** There is something to save. */
  changed(tenure: Tenure): void {
    tenure.version += 1;
    this.#scheduleSave();
  }

  /** Whether it is held for sure; what no longer is, is given up. */
  holds(tenure: Tenure): boolean {
    if (tenure.over) return false;
    if (this.#options.core.runtime.monotonic() < tenure.until) return true;
    this.#lose(tenure);
    return false;
  }

  /** Begins again from the start of another history of the log. */
  restart(epoch: string): void {
    const { runtime } = this.#options.core;
    for (const tenure of this.all()) {
      const { shard, token, until } = tenure;
      this.#end(tenure);
      if (tenure.leaving) continue;
      const state = { ...firstState({ epoch, number: 0 }), open: true };
      const next = new Tenure(shard, token, state, runtime.monotonic(), until);
      this.#held.set(shard, next);
      this.changed(next);
    }
    this.#options.changed();
  }

  /** Gives everything back, each shard when nothing of it is under way. */
  async release(): Promise<void> {
    await Promise.all(this.all().map((tenure) => this.#release(tenure)));
  }

  /** Gives everything up. */
  abandon(): void {
    this.#ended = true;
    this.#cancelSave?.();
    this.#cancelKeep?.();
    for (const tenure of this.all()) this.#end(tenure);
  }

  async #take(shard: number, start: Place): Promise<Tenure | undefined> {
    const { store, core, member, cursorOf } = this.#options;
    const { log } = store;
    let until = 0;
    const held = await store.persist("take a shard", () => {
      until = core.runtime.monotonic() + shardLease;
      return log.acquire(cursorOf(shard), member, shardLease);
    });
    if (!held) return undefined;
    const saved = held.state && decodeState(held.state);
    const [epoch, head] = await store.persist("tell its position", () =>
      Promise.all([log.epoch(), log.head()]),
    );
    const known = takenState(saved ?? firstState(start), head);
    const outdated = known.epoch !== epoch;
    const state = outdated ? takenState(firstState({ epoch, number: 0 }), head) : known;
    const tenure = new Tenure(shard, held.token, state, core.runtime.monotonic(), until);
    this.#outdated ||= outdated;
    // Before anything is begun: who takes it after a loss must know that there was somebody.
    await this.#save(tenure, true);
    if (tenure.over) return undefined;
    if (this.#ended) {
      await this.#save(tenure, false);
      return undefined;
    }
    this.#held.set(shard, tenure);
    this.#options.gained(tenure);
    this.#keep();
    return tenure;
  }

  #release(tenure: Tenure): Promise<void> {
    tenure.left ??= this.#giveBack(tenure);
    return tenure.left;
  }

  async #giveBack(tenure: Tenure): Promise<void> {
    const { progress, changed, lost } = this.#options;
    tenure.leaving = true;
    tenure.selected = false;
    endRests(tenure);
    changed();
    await progress.until(() => tenure.over || (tenure.running === 0 && !tenure.saving));
    if (tenure.over) return;
    await this.#save(tenure, false);
    if (tenure.over) return;
    this.#end(tenure);
    lost(tenure, "released");
    changed();
  }

  /** @param open false lets it go. */
  async #save(tenure: Tenure, open: boolean): Promise<void> {
    const { store, core, cursorOf, update, progress } = this.#options;
    const { shard, token } = tenure;
    tenure.saving = true;
    try {
      let until = 0;
      let version = 0;
      const held = await store.persist("save what a group has done", async () => {
        if (tenure.over) return false;
        update(tenure);
        version = tenure.version;
        tenure.savedAt = core.runtime.monotonic();
        until = tenure.savedAt + shardLease;
        return store.log.save(cursorOf(shard), token, encodeState(tenure.state(open)), open ? shardLease : 0);
      });
      if (held) {
        tenure.until = until;
        tenure.savedVersion = version;
      } else this.#lose(tenure);
    } catch (error) {
      if (!(error instanceof ClosedError)) core.report(error);
      this.#lose(tenure);
    }
    tenure.saving = false;
    if (tenure.unsaved) this.#scheduleSave();
    progress.made();
  }

  #scheduleSave(): void {
    if (this.#cancelSave || this.#ended) return;
    const { runtime } = this.#options.core;
    const wait = Math.max(0, this.#savedAt + saveEvery - runtime.monotonic());
    this.#cancelSave = runtime.timer(() => {
      this.#cancelSave = undefined;
      this.#savedAt = runtime.monotonic();
      for (const tenure of this.all()) if (tenure.unsaved && !tenure.saving) void this.#save(tenure, true);
    }, wait);
  }

  /** Keeps the leases of what has not been saved for a while, and finds out which are over. */
  #keep(): void {
    const { runtime } = this.#options.core;
    this.#cancelKeep ??= runtime.timer(() => {
      this.#cancelKeep = undefined;
      const now = runtime.monotonic();
      for (const tenure of this.all()) {
        if (now >= tenure.until) this.#lose(tenure);
        else if (!tenure.saving && now - tenure.savedAt >= shardLease / 3) void this.#save(tenure, true);
      }
      if (this.#held.size > 0) this.#keep();
    }, keepEvery);
  }

  #lose(tenure: Tenure): void {
    if (tenure.over) return;
    const known = this.#held.get(tenure.shard) === tenure;
    this.#end(tenure);
    if (!known) return;
    this.#options.lost(tenure, "lease");
    this.#options.changed();
  }

  #end(tenure: Tenure): void {
    tenure.over = true;
    if (this.#held.get(tenure.shard) === tenure) this.#held.delete(tenure.shard);
    endRests(tenure);
    this.#options.progress.made();
  }
}

/** What waits to be tried again finds out that it is not to be tried here. */
function endRests({ rests }: Tenure): void {
  for (const end of [...rests]) end();
}

function byRunning(a: Tenure, b: Tenure): number {
  return a.running - b.running;
}

/** By chance, so that members who look at once do not all try the same. */
function shuffled(items: number[], random: () => number): number[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [items[index], items[other]] = [items[other]!, items[index]!];
  }
  return items;
}
