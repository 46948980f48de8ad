import { type Attempt, type Event, type GapReason, placeOf, type Wants } from "./events.js";
import type { Oracle } from "./oracle.js";
import { type Settled, SettledShard } from "./settled-shard.js";

/** What is seen as it happens. */
export interface Findings {
  readonly unexpected: string[];
  readonly duplicated: string[];
  readonly inverted: string[];
}

function noFindings(): Findings {
  return { unexpected: [], duplicated: [], inverted: [] };
}

/** An event, and its place there. */
interface Placed {
  readonly event: Event;
  readonly number: number;
}

/** What was delivered of one history of the log. */
interface Delivered {
  readonly ids: Set<string>;
  readonly last: Map<string, Placed>;
}

/** What all who are to be given events have in common. */
abstract class Witness {
  protected readonly oracle: Oracle;
  readonly name: string;
  readonly #wants: Wants;
  /** Since when it knows of the log's history. */
  #begun: number;
  readonly #told = new Map<GapReason, number>();
  /** What could not be read where it was to be delivered, and was said to be so. */
  readonly #passed = new Set<string>();
  findings = noFindings();
  delivered = 0;
  repeated = 0;
  gaps = 0;

  constructor(oracle: Oracle, name: string, wants: Wants, begun: number) {
    this.oracle = oracle;
    this.name = name;
    this.#wants = wants;
    this.#begun = begun;
  }

  /** It was told that events are missing. */
  gap(reason: string): void {
    this.gaps += 1;
    if (!this.oracle.explains(reason, this.#wants)) this.oracle.trouble(`a gap at ${this.name}: ${reason}`);
    this.#told.set(reason as GapReason, this.oracle.tick());
  }

  /** It was to be told that events are missing by then, and who was to be told has gone before it was. */
  missedGap(reason: GapReason, moment: number): void {
    this.#told.set(reason, Math.max(moment, this.#told.get(reason) ?? 0));
  }

  /** It begins without knowing of any history, so that it cannot be told of another one. */
  knowsNothing(): void {
    this.#begun = this.oracle.tick();
  }

  /** It was told that an event cannot be read. */
  passed(alias: string): void {
    this.#passed.add(alias);
  }

  /** @returns the event, if it may come here in that history. */
  protected expected(id: string, epoch: string): Event | undefined {
    const event = this.oracle.event(id);
    const begun = this.oracle.begun(epoch);
    const isRefused = event?.refused !== undefined && begun >= event.refused;
    if (event && !isRefused && this.#wants(event)) {
      event.seenBy.set(this.name, Math.max(begun, event.seenBy.get(this.name) ?? 0));
      return event;
    }
    this.findings.unexpected.push(`${id} at ${this.name}`);
    return undefined;
  }

  /** What it should have been given, and was not. */
  abstract lacking(events: Iterable<Event>, epoch?: string): readonly Event[];

  lost(events: Iterable<Event>, epoch = ""): readonly string[] {
    return this.lacking(events, epoch).map(({ id }) => `${id} at ${this.name}`);
  }

  protected owed(event: Event): boolean {
    return event.acknowledged !== undefined && this.#wants(event) && !this.#excused(event);
  }

  #excused(event: Event): boolean {
    return this.#passed.has(event.alias ?? "") || this.isGone(event);
  }

  inverted(): readonly string[] {
    return [];
  }

  /** Whether it is gone on purpose, and that was told here. */
  protected isGone(event: Event): boolean {
    return this.oracle.losses.some(
      ({ reason, moment, covers }) =>
        ((this.#told.get(reason) ?? 0) > moment || (reason === "epoch" && moment < this.#begun)) &&
        event.attempted < moment &&
        covers(event),
    );
  }
}

/** A listener of its own: each event takes effect once, those of a key in the order of the log. */
export class Listener extends Witness {
  readonly #from: number;
  readonly #histories = new Map<string, Delivered>();
  /** Whether it has ended, and is owed nothing more. */
  ended = false;

  constructor(oracle: Oracle, name: string, wants: Wants, begun: number, start: boolean) {
    super(oracle, name, wants, begun);
    this.#from = start ? 0 : begun;
  }

  /** All of its effects are told anew. */
  anew(): void {
    this.#histories.clear();
    this.findings = noFindings();
    this.delivered = 0;
  }

  /** An event has taken effect. */
  got(id: string, offset: string): void {
    this.delivered += 1;
    const place = placeOf(offset);
    const event = this.expected(id, place.epoch);
    if (!event) return;
    this.oracle.placed(event, offset, this.name);
    const { findings } = this;
    const { ids, last } = this.#history(place.epoch);
    if (ids.has(id)) findings.duplicated.push(`${id} at ${this.name}`);
    ids.add(id);
    const lane = laneOf(event);
    const before = last.get(lane);
    const placed = { event, number: place.number };
    if (before && !follows(before, placed)) {
      findings.inverted.push(`${id} at ${this.name}: after ${before.event.id}`);
    }
    last.set(lane, placed);
  }

  lacking(events: Iterable<Event>, epoch = ""): readonly Event[] {
    if (this.ended) return [];
    const ids = this.#histories.get(epoch)?.ids;
    const lacking: Event[] = [];
    for (const event of events) {
      if (event.attempted < this.#from || ids?.has(event.id) || !this.owed(event)) continue;
      lacking.push(event);
    }
    return lacking;
  }

  #history(epoch: string): Delivered {
    let history = this.#histories.get(epoch);
    if (!history) {
      history = { ids: new Set(), last: new Map() };
      this.#histories.set(epoch, history);
    }
    return history;
  }
}

interface Begun {
  readonly id: string;
  ended: boolean;
}

/** A group: each event is done at least once, in order for its key, and never again once the log has it that it is done. */
export class Group extends Witness {
  readonly #begun = new Map<string, Map<number, Begun>>();
  readonly #overtaken: { readonly id: string; readonly by: string }[] = [];
  readonly #newest = new Map<string, Begun & { readonly number: number; readonly at: number }>();
  readonly #done = new Map<string, Set<string>>();
  readonly #dead = new Set<string>();
  /** By what the system calls them: also what could not be read, and so was never begun. */
  readonly #givenUp = new Set<string>();
  readonly #settled = new Map<number, SettledShard>();

  /**
   * A member begins with an event.
   *
   * @param checked when it last looked whether it holds the shard. Who stands still from then on until another has taken the shard and
   * done the event does it again, which nothing can prevent: it counts as repeated. So does who begins with one that was given up meanwhile.
   * @param at now, on the clock of `checked`.
   */
  began(
    id: string,
    offset: string,
    shard: number,
    checked = Number.POSITIVE_INFINITY,
    at = Number.NEGATIVE_INFINITY,
  ): void {
    const { epoch, number } = placeOf(offset);
    const { findings } = this;
    const event = this.expected(id, epoch);
    if (!event) return;
    // A member that was lost may have given it up before: then another may still do it, or it is redriven, at another place.
    const late = this.#givenUp.has(event.alias ?? "");
    if (!late) this.oracle.placed(event, offset, this.name);
    const settled = this.#settled.get(shard);
    const since = settled?.epoch === epoch ? settled.since(number) : undefined;
    if (since !== undefined && checked >= since) {
      findings.duplicated.push(`${id} at ${this.name}: it was done, and saved to be`);
    }
    const begun = this.#begun.get(epoch) ?? new Map<number, Begun>();
    this.#begun.set(epoch, begun);
    if (begun.has(number)) {
      this.repeated += 1;
      return;
    }
    const lane = `${epoch} ${laneOf(event)}`;
    const newest = this.#newest.get(lane);
    if (newest && number < newest.number && newest.at > checked) {
      begun.set(number, { id, ended: false });
      this.repeated += 1;
      return;
    }
    if (newest && number < newest.number && !late) {
      findings.inverted.push(`${id} at ${this.name}: it began when ${newest.id} had`);
    }
    if (newest && !newest.ended && !late) this.#overtaken.push({ id: newest.id, by: id });
    // One that was given before another gave it up is over all the same.
    const one = { id, number, ended: late, at };
    this.#newest.set(lane, one);
    begun.set(number, one);
  }

  /** What began before the one before it in its key was done or dead; unless that is gone, as who does them may be told later. */
  override inverted(): readonly string[] {
    return this.#overtaken
      .filter(({ id }) => !this.isGone(this.oracle.event(id)!))
      .map(({ id, by }) => `${by} at ${this.name}: ${id} was not done`);
  }

  /** A member has done an event. */
  did(id: string, offset: string): void {
    this.delivered += 1;
    const { epoch, number } = placeOf(offset);
    const begun = this.#begun.get(epoch)?.get(number);
    if (begun) begun.ended = true;
    else this.findings.unexpected.push(`${id} at ${this.name}: done, and never begun`);
    const done = this.#done.get(epoch) ?? new Set();
    this.#done.set(epoch, done.add(id));
  }

  /** A member gives an event up. */
  dies(alias: string): void {
    this.#givenUp.add(alias);
    const id = this.oracle.idOf(alias);
    for (const begun of this.#begun.values()) {
      for (const one of begun.values()) if (one.id === id) one.ended = true;
    }
  }

  /** An event is dead, and listed to be. */
  died(alias: string): void {
    this.#dead.add(this.oracle.idOf(alias));
  }

  /** All that are dead are to be done again. */
  redriven(): void {
    this.#dead.clear();
  }

  /**
   * The log has it how far a shard is done. What it has, it must not lose: a later word that says less is not believed.
   *
   * @param asked when it was asked to keep that, on the clock of `began`.
   */
  saved(shard: number, settled: Settled, asked = Number.NEGATIVE_INFINITY): void {
    const { epoch } = settled;
    const known = this.#settled.get(shard);
    const current = known?.epoch === epoch ? known : new SettledShard(epoch);
    this.#settled.set(shard, current);
    current.saved(settled, asked);
  }

  /** Numbers of what somebody saw in that history, and no member has done: also of what was never acknowledged. */
  undone(events: Iterable<Event>, epoch = ""): readonly number[] {
    const done = this.#done.get(epoch);
    return [...events].flatMap(({ id, places }) => {
      const number = places.get(epoch);
      return number === undefined || done?.has(id) ? [] : [number];
    });
  }

  lacking(events: Iterable<Event>, epoch = ""): readonly Event[] {
    const done = this.#done.get(epoch);
    const lacking: Event[] = [];
    for (const event of events) {
      if (done?.has(event.id) || this.#dead.has(event.id) || !this.owed(event)) continue;
      lacking.push(event);
    }
    return lacking;
  }
}

/** Events of a key are in order across names; those without a key by their name. */
function laneOf({ name, key }: Attempt): string {
  return key === undefined ? `@${name}` : `$${key}`;
}

function follows(before: Placed, { event, number }: Placed): boolean {
  const isInOrder = event.by !== before.event.by || event.attempted > before.event.attempted;
  return number > before.number && isInOrder;
}
