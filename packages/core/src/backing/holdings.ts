import type { HeldCursor } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import type { LogGapReason } from "../gap.js";
import { shardCount } from "../shard.js";
import { cursorOfAll, cursorOfShard } from "./group-cursors.js";
import { Lease } from "./lease.js";
import { LeaseKeeper, leaseTime } from "./lease-keeper.js";
import type { Place } from "./place.js";
import type { Progress } from "./progress.js";
import type { Meeting } from "./roster.js";
import type { Store } from "./store.js";
import { Tenure } from "./tenure.js";
import {
  currentState,
  decodeState,
  decodeWhole,
  dividedState,
  encodeState,
  firstState,
  type TenureState,
  takenState,
  truncatedState,
} from "./tenure-state.js";
import type { Turns } from "./turns.js";

const allShards = Array.from({ length: shardCount }, (_, shard) => shard);

export interface HoldingsOptions {
  readonly core: BusCore;
  readonly store: Store;
  readonly progress: Progress;
  readonly takes: Turns;
  /** The member, as an owner of cursors. */
  readonly member: string;
  /** That of the group. */
  readonly cursor: string;
  /** Brings a tenure up to date before it is saved. */
  readonly update: (tenure: Tenure) => void;
  /** Told when shards were gained, or will be or are lost. */
  readonly changed: () => void;
  readonly gained: (tenure: Tenure) => void;
  readonly lost: (lease: Lease, reason: "released" | "lease") => void;
  /** Told when a shard's events are of another history of the log than what is done of them, or the log ends before that. */
  readonly outdated: (reason: LogGapReason) => void;
}

/**
 * The shards that a member holds: takes its share, keeps the leases, saves what is done, gives back what is too much. A member
 * that is alone holds all of them by one cursor; when another comes it divides that, once and for all, into a cursor a shard.
 */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #wholeCursor: string;
  readonly #held = new Map<number, Tenure>();
  readonly #leases = new Set<Lease>();
  readonly #keeper: LeaseKeeper;
  #whole: Lease | undefined;
  /** Whether each shard is known to have a cursor of its own. */
  #divided = false;
  /** Whether it was told since it last began to take shards that what was saved of some is not of the log's events. */
  #told = false;
  #ended = false;

  constructor(options: HoldingsOptions) {
    this.#options = options;
    this.#wholeCursor = cursorOfAll(options.cursor);
    this.#keeper = new LeaseKeeper({ ...options, leases: this.#leases, lose: (lease) => this.#lose(lease) });
  }

  get(shard: number): Tenure | undefined {
    return this.#held.get(shard);
  }

  all(): readonly Tenure[] {
    return [...this.#held.values()];
  }

  /** The shards that it holds by cursors of their own. */
  shards(): readonly number[] {
    return this.#whole ? [] : [...this.#held.keys()];
  }

  /** Divides what it holds by one cursor, where others are there. What is under way goes on meanwhile. */
  async makeWay({ alone }: Meeting): Promise<void> {
    const whole = this.#whole;
    // It is on its way back, and goes to the other undivided.
    if (whole?.leaving && whole.running === 0) return;
    if (whole && (!alone || this.#keeper.heavy)) await this.#options.takes.take(() => this.#divide(whole));
  }

  /** Brings what it holds to its share. @returns whether that has changed already. */
  async balance({ share, taken, start }: Meeting): Promise<boolean> {
    const { takes, core, changed } = this.#options;
    const before = this.#held.size;
    this.#told = false;
    if (!this.#divided && !this.#whole) await takes.take(() => this.#takeWhole(start));
    if (this.#divided) {
      this.#giveBackAllBut(share);
      const free = allShards.filter((shard) => !taken.has(shard) && !this.#held.has(shard));
      shuffle(free, () => core.runtime.random());
      while (free.length > 0 && this.#held.size < share && !this.#ended) {
        const tries = free.splice(0, share - this.#held.size);
        await takes.take(() => Promise.all(tries.map((shard) => this.#takeShard(shard, start))));
      }
    }
    const gained = this.#held.size > before;
    if (gained) changed();
    return gained;
  }

  /** There is something to save. */
  changed({ lease }: Tenure): void {
    lease.version += 1;
    this.#keeper.schedule();
  }

  /** Whether it is held for sure. */
  holds({ over, lease }: Tenure, now = this.#options.core.runtime.monotonic()): boolean {
    return !over && now < lease.until;
  }

  /** Resolves once it is held for sure, or not at all: where no other has taken it meanwhile, it is held on to. */
  async assure(tenure: Tenure): Promise<void> {
    while (!tenure.over && !this.holds(tenure)) {
      if (tenure.lease.saving) await this.#options.progress.next();
      else await this.#keeper.save(tenure.lease, true);
    }
  }

  /** Begins again from the start of another history of the log. */
  restart(epoch: string): void {
    const state = firstState({ epoch, number: 0 });
    this.#beginAnew(() => state);
  }

  /** Goes on after the end of a log that has lost what came behind it. */
  truncate(head: number): void {
    this.#beginAnew((tenure) => truncatedState(tenure.state(true), head));
  }

  #beginAnew(stateOf: (tenure: Tenure) => TenureState): void {
    for (const lease of [...this.#leases]) {
      if (lease.leaving) {
        this.#end(lease);
        continue;
      }
      for (const tenure of lease.tenures) endTenure(tenure);
      this.#hold(
        lease,
        lease.tenures.map((tenure) => new Tenure(tenure.shard, lease, stateOf(tenure))),
      );
      lease.version += 1;
    }
    this.#keeper.schedule();
    this.#options.changed();
  }

  /** Gives everything back, each cursor when nothing of it is under way. */
  async release(): Promise<void> {
    await Promise.all([...this.#leases].map((lease) => this.#release(lease)));
  }

  /** Gives everything up. */
  abandon(): void {
    this.#ended = true;
    this.#keeper.stop();
    for (const lease of [...this.#leases]) this.#end(lease);
  }

  async #takeWhole(start: Place): Promise<void> {
    const { store } = this.#options;
    const { log } = store;
    const cursor = this.#wholeCursor;
    const state = await store.insist("look at a group", () => log.peek(cursor));
    this.#divided = state !== undefined && decodeWhole(state).divided;
    if (this.#divided) return;
    const taken = await this.#acquire(cursor);
    if (!taken) return;
    const { held, lease } = taken;
    const saved = held.state && decodeWhole(held.state);
    if (saved?.divided) {
      this.#divided = true;
      await store.insist("leave a group's cursor", () => log.save(cursor, held.token, undefined, 0));
      return;
    }
    if (await this.#take(lease, allShards, saved?.shards, start)) this.#whole = lease;
  }

  async #takeShard(shard: number, start: Place): Promise<void> {
    const taken = await this.#acquire(cursorOfShard(this.#options.cursor, shard));
    if (!taken) return;
    const { held, lease } = taken;
    await this.#take(lease, [shard], held.state && [decodeState(held.state)], start);
  }

  async #acquire(cursor: string): Promise<{ readonly held: HeldCursor; readonly lease: Lease } | undefined> {
    const { store, core, member } = this.#options;
    let now = 0;
    const held = await store.insist("take a group's cursor", () => {
      now = core.runtime.monotonic();
      return store.log.acquire(cursor, member, leaseTime);
    });
    return held && { held, lease: new Lease(cursor, held.token, now, now + leaseTime) };
  }

  /** @param saved of each of the shards, if anything is. @returns whether it was taken. */
  async #take(
    lease: Lease,
    shards: readonly number[],
    saved: readonly TenureState[] | undefined,
    start: Place,
  ): Promise<boolean> {
    const { store, gained } = this.#options;
    const { log } = store;
    const [epoch, head] = await store.insist("tell its position", () =>
      Promise.all([log.epoch(), log.head()]),
    );
    lease.tenures = shards.map((shard, index) => {
      const known = saved?.[index] ?? firstState(start);
      const { state, outdated } = currentState(known, { epoch, number: head });
      if (outdated) this.#tell(outdated);
      return new Tenure(shard, lease, takenState(state, head));
    });
    // Before anything is begun: who takes it after a loss must know that there was somebody. Nobody finds after it what was outdated.
    await this.#keeper.save(lease, true);
    if (lease.over) return false;
    if (this.#ended) {
      await this.#keeper.save(lease, false);
      return false;
    }
    this.#hold(lease, lease.tenures);
    for (const tenure of lease.tenures) gained(tenure);
    return true;
  }

  /** Once, of however many shards. */
  #tell(outdated: LogGapReason): void {
    if (!this.#told) this.#options.outdated(outdated);
    this.#told = true;
  }

  /**
   * Each shard gets a cursor of its own, and that of all says so at the end: until then it alone counts, whoever holds it, and from
   * then on it is nobody's. Where one is still held by who was lost while it divided, the next meeting tries again.
   */
  async #divide(whole: Lease): Promise<void> {
    const taken = await Promise.all(
      allShards.map((shard) => this.#acquire(cursorOfShard(this.#options.cursor, shard))),
    );
    const leases = taken.flatMap((one) => one?.lease ?? []);
    if (leases.length < shardCount || !(await this.#handOver(whole, leases))) {
      await Promise.all(leases.map((lease) => this.#keeper.write(lease, undefined, 0)));
      return;
    }
    this.#divided = true;
    if (whole.over) return;
    this.#whole = undefined;
    this.#leases.delete(whole);
    whole.over = true;
    for (const [index, lease] of leases.entries()) {
      const tenure = whole.tenures[index]!;
      tenure.lease = lease;
      lease.leaving = whole.leaving;
      // What was done since its state was written.
      lease.version += 1;
      this.#hold(lease, [tenure]);
    }
    this.#keeper.schedule();
    this.#options.progress.made();
  }

  /** @returns whether the shards are now held by cursors of their own. */
  async #handOver(whole: Lease, leases: readonly Lease[]): Promise<boolean> {
    const { progress, update } = this.#options;
    while (whole.saving) await progress.next();
    if (whole.over) return false;
    // That it is held still, now that no other can write a shard with an older token: so nothing newer is written over.
    await this.#keeper.save(whole, true);
    if (whole.over) return false;
    // Until it is divided nothing newer is saved of the whole: what is written of the shards takes its place.
    whole.saving = true;
    try {
      const written = leases.map((lease, index) => {
        const tenure = whole.tenures[index]!;
        update(tenure);
        return this.#keeper.write(lease, encodeState(tenure.state(true)), leaseTime);
      });
      if ((await Promise.all(written)).includes(false) || whole.over) return false;
      const divided = await this.#keeper.write(whole, dividedState, 0);
      if (!divided) this.#lose(whole);
      return divided;
    } finally {
      whole.saving = false;
      if (whole.unsaved) this.#keeper.schedule();
      progress.made();
    }
  }

  #giveBackAllBut(share: number): void {
    const staying = [...this.#leases].filter(({ leaving }) => !leaving);
    const tooMany = staying.length - share;
    if (tooMany <= 0) return;
    // Those first that can go at once.
    for (const lease of staying.sort(byRunning).slice(0, tooMany)) void this.#release(lease);
  }

  #release(lease: Lease): Promise<void> {
    lease.left ??= this.#giveBack(lease);
    return lease.left;
  }

  async #giveBack(lease: Lease): Promise<void> {
    const { progress, changed, lost } = this.#options;
    lease.leaving = true;
    for (const tenure of lease.tenures) {
      tenure.selected = false;
      endRests(tenure);
    }
    changed();
    while (!lease.over && (lease.running > 0 || lease.saving)) await progress.next();
    if (lease.over) return;
    await this.#keeper.save(lease, false);
    if (lease.over) return;
    this.#end(lease);
    lost(lease, "released");
    changed();
  }

  #hold(lease: Lease, tenures: readonly Tenure[]): void {
    lease.tenures = tenures;
    this.#leases.add(lease);
    for (const tenure of tenures) this.#held.set(tenure.shard, tenure);
    this.#keeper.keep();
  }

  #lose(lease: Lease): void {
    if (lease.over) return;
    const known = this.#leases.has(lease);
    this.#end(lease);
    if (!known) return;
    this.#options.lost(lease, "lease");
    this.#options.changed();
  }

  #end(lease: Lease): void {
    lease.over = true;
    this.#leases.delete(lease);
    if (this.#whole === lease) this.#whole = undefined;
    for (const tenure of lease.tenures) {
      endTenure(tenure);
      if (this.#held.get(tenure.shard) === tenure) this.#held.delete(tenure.shard);
    }
    this.#options.progress.made();
  }
}

function endTenure(tenure: Tenure): void {
  tenure.over = true;
  endRests(tenure);
}

/** What waits to be tried again finds out that it is not to be tried here. */
function endRests({ rests }: Tenure): void {
  for (const end of [...rests]) end();
}

function byRunning(a: Lease, b: Lease): number {
  return a.running - b.running;
}

/** By chance, so that members who look at once do not all try the same. */
function shuffle(items: number[], random: () => number): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [items[index], items[other]] = [items[other]!, items[index]!];
  }
}
