import { ClosedError } from "@eventwire/queue";
import type { Begun } from "../begun.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import type { Gap } from "../gap.js";
import type { Listener } from "../listeners.js";
import { shardCount, shardOf } from "../shard.js";
import { Deliveries } from "./deliveries.js";
import { Feed, type Sink, type Source } from "./feed.js";
import { cursorOfGroup } from "./group-cursors.js";
import type { GroupWish } from "./group-options.js";
import { Holdings } from "./holdings.js";
import { journalOf } from "./journal.js";
import type { Lease } from "./lease.js";
import { leaseTime } from "./lease-keeper.js";
import type { Place } from "./place.js";
import { Roster } from "./roster.js";
import type { StoredMessage } from "./stored-message.js";
import type { Tenure } from "./tenure.js";

/** How often members look who is there, in milliseconds. */
const meetEvery = 3_000;

/** A listener that shares its events with the other members of its group. */
export class GroupMember implements Begun, Sink {
  readonly ready: Promise<void>;
  /** Resolves when it has given everything back, or has nothing any more. */
  readonly ended: Promise<void>;
  readonly #source: Source;
  readonly #wish: GroupWish;
  readonly #roster: Roster;
  readonly #holdings: Holdings;
  readonly #deliveries: Deliveries;
  #feed: Feed | undefined;
  #selecting = false;
  #stopped = false;
  #over = false;
  #changed = false;
  #wake: (() => void) | undefined;
  #end: () => void = () => undefined;

  /** @param start where the group begins, if it is new. */
  constructor(source: Source, wish: GroupWish, start: () => Promise<Place>, call: Listener) {
    const { core, store, progress, takes } = source;
    const member = core.newId();
    const { group, pattern } = wish;
    const cursor = cursorOfGroup(group, pattern);
    this.#source = source;
    this.#wish = wish;
    this.#roster = new Roster(store, cursor, member, leaseTime, start);
    this.#holdings = new Holdings({
      ...{ core, store, progress, takes, member, cursor },
      update: (tenure) => this.#update(tenure),
      changed: () => this.#select(),
      gained: ({ shard }) => core.inspect?.({ type: "shard.gained", group, pattern, shard }),
      lost: (lease, reason) => this.#lost(lease, reason),
      outdated: (reason) => wish.gap(reason),
    });
    this.#deliveries = new Deliveries({
      ...{ source, wish, call },
      holdings: this.#holdings,
      onRoom: () => this.#feed?.resume(),
      onDone: ({ selected, roomy }) => {
        if (!selected && roomy) this.#select();
      },
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.ready = new Promise((resolve, reject) => {
      let begun = false;
      const ready = () => {
        begun = true;
        resolve();
      };
      this.#attend(ready).catch((error: unknown) => {
        if (begun) this.failed(error);
        else {
          reject(error);
          this.abandon();
        }
      });
    });
  }

  /** Whether it has given everything back. */
  get over(): boolean {
    return this.#over;
  }

  get room(): number {
    return this.#deliveries.room;
  }

  put(message: StoredMessage): void {
    const { name, key, number, redrivenFor } = message;
    if (redrivenFor !== undefined && redrivenFor !== this.#wish.pattern) return;
    const tenure = this.#holdings.get(shardOf(name, key));
    // What it is not to be given now, it is given when the feed has turned.
    if (!tenure?.selected) return;
    if (tenure.full) {
      tenure.selected = false;
      this.#select();
    } else if (tenure.accept(number)) this.#deliveries.put(message, tenure);
  }

  gap(reason: Gap["reason"]): void | Promise<void> {
    if (reason === "trimmed") return this.#findGap();
    if (reason === "epoch") this.#holdings.restart(this.#feed!.epoch);
    else this.#holdings.truncate(this.#feed!.after);
    this.#wish.gap(reason);
  }

  failed(error: unknown): void {
    this.abandon();
    if (!(error instanceof ClosedError)) this.#source.core.report(error);
  }

  /** Whether both do the same work, each a part of it. */
  shares({ group, pattern }: GroupWish): boolean {
    return this.#wish.group === group && this.#wish.pattern === pattern;
  }

  /** Looks at once who is there: another has left. */
  look(): void {
    this.#tell();
  }

  /** Begins nothing more, and gives back what it has once nothing is under way. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    void this.#holdings.release();
    this.#tell();
  }

  /** Ends at once: others get what it has when its leases are over. */
  abandon(): void {
    this.#stopped = true;
    this.#over = true;
    this.#holdings.abandon();
    this.#feed?.stop();
    this.#deliveries.stop();
    this.#tell();
    this.#source.progress.made();
    this.#end();
  }

  /** @param ready called when the group exists, and this member has its first shards if any are free. */
  async #attend(ready: () => void): Promise<void> {
    for (;;) {
      const leaving = this.#stopped;
      if (leaving && this.#holdings.all().length === 0) break;
      const meeting = await this.#roster.meet(this.#holdings.shards(), leaving);
      await this.#holdings.makeWay(meeting);
      const gained = !this.#stopped && (await this.#holdings.balance(meeting));
      ready();
      // Taken while it was stopped.
      if (this.#stopped) void this.#holdings.release();
      if (!gained && leaving === this.#stopped) await this.#pause();
    }
    if (this.#over) return;
    await this.#roster.leave();
    this.abandon();
  }

  /** Until members meet again, or something has changed since the last time. */
  async #pause(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const cancel = this.#source.store.pauses.after(meetEvery, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#changed = false;
  }

  /** There is something to tell the other members. */
  #tell(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Brings a tenure to the feed's place. */
  #update(tenure: Tenure): void {
    if (tenure.selected && this.#feed) tenure.pass(this.#feed.place);
  }

  /** Has the feed bring the events of the shards that are held and have room, once the current turn is over. */
  #select(): void {
    if (this.#selecting) return;
    this.#selecting = true;
    this.#source.core.runtime.microtask(() => {
      this.#selecting = false;
      if (!this.#over) this.#turnFeed();
    });
  }

  #turnFeed(): void {
    const tenures = this.#holdings.all();
    for (const tenure of tenures) {
      this.#update(tenure);
      tenure.selected = !tenure.leaving && (tenure.selected ? !tenure.full : tenure.roomy);
    }
    const selected = tenures.filter((tenure) => tenure.selected);
    const [first] = selected;
    if (!first) {
      this.#feed?.stop();
      this.#feed = undefined;
      return;
    }
    const { names, group } = this.#wish;
    const selection = {
      names: [...names, journalOf(group)],
      shards: selected.length < shardCount ? new Set(selected.map(({ shard }) => shard)) : undefined,
    };
    const number = Math.min(...selected.map(({ seen }) => seen));
    if (this.#feed) this.#feed.turnTo(selection, number);
    else {
      this.#feed = new Feed(this.#source, this, selection, { epoch: first.epoch, number }, false);
      this.#feed.resume();
    }
  }

  /** What was trimmed may be of shards that have it behind them, or that were told of it. Rejects where it cannot be read. */
  async #findGap(): Promise<void> {
    const { reader } = this.#source;
    const names = this.#feed!.names;
    const selected = this.#holdings.all().filter((tenure) => tenure.selected);
    const missing = selected.map(async (tenure) => {
      this.#update(tenure);
      const { shard, seen } = tenure;
      const { trimmed } = await reader.read({ after: seen, names, shards: [shard], limit: 1 });
      if (trimmed <= Math.max(seen, tenure.missing)) return false;
      tenure.missing = trimmed;
      return true;
    });
    if ((await Promise.all(missing)).includes(true)) this.#wish.gap("trimmed");
  }

  #lost(lease: Lease, reason: "released" | "lease"): void {
    const { core } = this.#source;
    const { group, pattern } = this.#wish;
    const shards = lease.tenures.map(({ shard }) => shard);
    for (const shard of shards) core.inspect?.({ type: "shard.lost", group, pattern, shard, reason });
    if (reason === "released") this.#tell();
    else if (lease.running > 0 || lease.unsaved) {
      const which = shards.length > 1 ? "all shards" : `shard ${shards[0]}`;
      core.report(new LeaseLostError(pattern, `${which} of "${group}"`));
    }
  }
}
