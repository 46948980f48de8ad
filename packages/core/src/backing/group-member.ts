import { type Backoff, backoff, ClosedError } from "@eventwire/queue";
import type { Begun } from "../begun.js";
import { DeadError } from "../errors/dead-error.js";
import { describe } from "../errors/describe.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import type { Listener } from "../listeners.js";
import { shardOf } from "../shard.js";
import { isThenable } from "../thenable.js";
import { Feed, type Sink, type Source } from "./feed.js";
import { Holdings, shardLease } from "./holdings.js";
import { journalAppend, journalOf } from "./journal.js";
import { Lanes, type Outcome } from "./lanes.js";
import type { Place } from "./place.js";
import { Roster } from "./roster.js";
import type { StoredMessage } from "./stored-message.js";
import type { Tenure } from "./tenure.js";
import type { Wish } from "./wish.js";

/** How many messages flow at once, and how many are in memory with those that other tries hold up. */
const maxFlowing = 256;
const maxHeld = 2_048;
/** How often members look who is there, in milliseconds. */
const meetEvery = 3_000;

export interface GroupWish extends Wish {
  readonly group: string;
  readonly pattern: string;
  readonly attempts: number;
  readonly backoff: Backoff;
}

/** An event that this member is to do, as long as it has its shard. */
interface Delivery {
  readonly name: string;
  readonly key: StoredMessage["key"];
  readonly message: StoredMessage;
  readonly tenure: Tenure;
}

/** A listener that shares its events with the other members of its group. */
export class GroupMember implements Begun, Sink {
  readonly ready: Promise<void>;
  readonly #source: Source;
  readonly #wish: GroupWish;
  readonly #backoff: (attempt: number) => number;
  readonly #roster: Roster;
  readonly #holdings: Holdings;
  readonly #lanes: Lanes<Delivery>;
  #call: Listener;
  #feed: Feed | undefined;
  #selecting = false;
  #stopped = false;
  #over = false;
  #wake: (() => void) | undefined;

  /** @param start where the group begins, if it is new. */
  constructor(source: Source, wish: GroupWish, start: () => Promise<Place>, call: Listener) {
    const { core, store, progress } = source;
    const member = core.newId();
    const { group, pattern } = wish;
    const cursor = `group/${group}/${pattern}`;
    this.#source = source;
    this.#wish = wish;
    this.#call = call;
    this.#backoff = backoff(wish.backoff, () => core.runtime.random());
    this.#roster = new Roster(store, cursor, member, shardLease, start);
    this.#holdings = new Holdings({
      ...{ core, store, progress, member },
      cursorOf: (shard) => `${cursor}/${shard}`,
      update: (tenure) => this.#update(tenure),
      changed: () => this.#select(),
      gained: ({ shard }) => core.inspect?.({ type: "shard.gained", group, pattern, shard }),
      lost: (tenure, reason) => this.#lost(tenure, reason),
      outdated: () => wish.gap("epoch"),
    });
    this.#lanes = new Lanes<Delivery>({
      concurrency: wish.concurrency,
      work: (delivery) => this.#work(delivery),
      after: (milliseconds, then, { tenure }) => this.#rest(milliseconds, then, tenure),
      onOver: () => this.#resume(),
    });
    this.ready = new Promise((resolve, reject) => {
      let begun = false;
      const ready = () => {
        begun = true;
        resolve();
      };
      this.#attend(ready).catch((error: unknown) => {
        this.abandon();
        if (begun) this.failed(error);
        else reject(error);
      });
    });
  }

  /** Whether it has given everything back. */
  get over(): boolean {
    return this.#over;
  }

  get room(): number {
    return Math.min(maxFlowing - this.#lanes.flowing, maxHeld - this.#lanes.held);
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
    } else if (tenure.accept(number)) this.#lanes.put({ name, key, message, tenure });
  }

  gap(reason: "trimmed" | "epoch"): void {
    if (reason === "trimmed") this.#findGap().catch((error: unknown) => this.failed(error));
    else {
      this.#holdings.restart(this.#feed!.epoch);
      this.#wish.gap(reason);
    }
  }

  failed(error: unknown): void {
    if (!(error instanceof ClosedError)) this.#source.core.report(error);
  }

  /** Begins nothing more, and gives back what it has once nothing is under way. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    void this.#holdings.release();
    this.#wake?.();
  }

  /** Ends at once: others get what it has when its leases are over. */
  abandon(): void {
    this.#stopped = true;
    this.#over = true;
    this.#holdings.abandon();
    this.#feed?.stop();
    this.#lanes.stop();
    this.#wake?.();
    this.#source.progress.made();
  }

  /** @param ready called when the group exists, and this member has its first shards if any are free. */
  async #attend(ready: () => void): Promise<void> {
    for (;;) {
      const leaving = this.#stopped;
      const shards = this.#holdings.all().map(({ shard }) => shard);
      if (leaving && shards.length === 0) break;
      const meeting = await this.#roster.meet(shards, leaving);
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

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#source.store.pauses.after(meetEvery, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #work(delivery: Delivery): Outcome | Promise<Outcome> {
    const { message, tenure } = delivery;
    const { core, reader } = this.#source;
    if (!this.#holdings.holds(tenure)) return undefined;
    const attempt = tenure.attempt(message.number);
    // Read again: who failed may have changed its data.
    const told = attempt === 1 ? message : reader.message(message.record, tenure.epoch, attempt)!;
    const call = this.#call;
    const start = core.runtime.monotonic();
    tenure.running += 1;
    try {
      if (message.flaw) throw message.flaw;
      let result: unknown;
      core.dispatcher.ambient.within(told, () => {
        result = call(told.data, told);
      });
      if (!isThenable(result)) return this.#done(delivery);
      this.#call = core.dispatcher.ambient.carrying(call);
      return Promise.resolve(result).then(
        () => this.#done(delivery),
        (error: unknown) => this.#failed(delivery, attempt, start, error),
      );
    } catch (error) {
      return this.#failed(delivery, attempt, start, error);
    }
  }

  #done({ message, tenure }: Delivery): undefined {
    this.#ended(tenure);
    if (tenure.over) return;
    tenure.finished(message.number);
    this.#holdings.changed(tenure);
    if (!tenure.selected && tenure.roomy) this.#select();
  }

  #failed(delivery: Delivery, attempt: number, start: number, error: unknown): Outcome | Promise<Outcome> {
    const { message, tenure } = delivery;
    const { core } = this.#source;
    if (tenure.over) {
      this.#ended(tenure);
      return undefined;
    }
    const { id, name, key } = message;
    const { group } = this.#wish;
    const milliseconds = core.runtime.monotonic() - start;
    const tried = { group, id, name, key, attempt, error, milliseconds };
    const failures = tenure.failed(message.number);
    this.#holdings.changed(tenure);
    if (failures >= this.#wish.attempts) {
      core.inspect?.({ type: "event.died", ...tried });
      return this.#bury(delivery, attempt, error);
    }
    this.#ended(tenure);
    const delay = this.#backoff(failures);
    core.inspect?.({ type: "event.retried", ...tried, delay });
    return delay;
  }

  /** Writes down that an event is dead, and passes it. */
  async #bury(delivery: Delivery, attempts: number, error: unknown): Promise<Outcome> {
    const { message, tenure } = delivery;
    const { core, store } = this.#source;
    const { group, pattern } = this.#wish;
    const { id, name, key, time, number } = message;
    const reason = describe(error);
    const diedAt = core.runtime.now();
    const { maxBodyBytes } = store.broker.features;
    const entry = { pattern, id, name, key, time, offset: number, attempts, reason, diedAt };
    const append = journalAppend(group, { type: "dead", ...entry }, message.record.body, maxBodyBytes);
    try {
      await store.persist("keep a dead event", () => store.log.append([append]));
    } catch (failure) {
      this.#ended(tenure);
      if (failure instanceof ClosedError) return undefined;
      core.report(failure);
      return this.#backoff(this.#wish.attempts);
    }
    core.report(new DeadError(name, id, attempts, error));
    return this.#done(delivery);
  }

  #ended(tenure: Tenure): void {
    tenure.running -= 1;
    if (tenure.leaving) this.#source.progress.made();
  }

  #rest(milliseconds: number, then: () => void, tenure: Tenure): void {
    const end = () => {
      cancel();
      tenure.rests.delete(end);
      then();
    };
    const cancel = this.#source.core.runtime.timer(end, tenure.over || tenure.leaving ? 0 : milliseconds);
    tenure.rests.add(end);
    this.#resume();
  }

  #resume(): void {
    // Not at once, so that a page is more than the one message that there is room for.
    if (this.room >= maxFlowing / 2) this.#feed?.resume();
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
      shards: new Set(selected.map(({ shard }) => shard)),
    };
    const number = Math.min(...selected.map(({ seen }) => seen));
    if (this.#feed) this.#feed.turnTo(selection, number);
    else {
      this.#feed = new Feed(this.#source, this, selection, { epoch: first.epoch, number }, false);
      this.#feed.resume();
    }
  }

  /** What was trimmed may be of shards that have it behind them. */
  async #findGap(): Promise<void> {
    const { reader } = this.#source;
    const names = this.#feed!.names;
    const selected = this.#holdings.all().filter((tenure) => tenure.selected);
    const missing = selected.map(async (tenure) => {
      this.#update(tenure);
      const { shard, seen } = tenure;
      const { trimmed } = await reader.read({ after: seen, names, shards: [shard], limit: 1 });
      return trimmed > seen;
    });
    if ((await Promise.all(missing)).includes(true)) this.#wish.gap("trimmed");
  }

  #lost({ shard, running, unsaved }: Tenure, reason: "released" | "lease"): void {
    const { core } = this.#source;
    const { group, pattern } = this.#wish;
    core.inspect?.({ type: "shard.lost", group, pattern, shard, reason });
    if (reason === "released") this.#wake?.();
    else if (running > 0 || unsaved) core.report(new LeaseLostError(pattern, `shard ${shard} of "${group}"`));
  }
}
