import { type Attempt, type Event, type Loss, type Place, placeOf, type Wants } from "./events.js";
import { type Findings, Group, Listener } from "./witness.js";

/**
 * What holds a system to its promises, in Jepsen's words: it keeps ids outside of the system, of what was attempted, acknowledged
 * and delivered, and compares them. Nothing that it knows was told by the system of another's doing.
 */
export class Oracle {
  readonly #events = new Map<string, Event>();
  /** The system's ids, by which errors name an event. */
  readonly #aliases = new Map<string, string>();
  readonly #losses: Loss[] = [];
  readonly #witnesses: (Listener | Group)[] = [];
  readonly #troubles: string[] = [];
  /** What is at each place of each history. */
  readonly #placed = new Map<string, string>();
  /** What is not where it was seen before. */
  readonly #misplaced = new Set<string>();
  /** When each history began that another one was put back to. */
  readonly #epochs = new Map<string, number>();
  #moment = 0;
  #epoch: string | undefined;
  #acknowledged = 0;

  /** Somebody begins to emit an event. Attempts `by` one emitter are told in the order in which they are to be kept. */
  attempted(attempt: Attempt): void {
    this.#events.set(attempt.id, {
      ...attempt,
      attempted: this.tick(),
      acknowledged: undefined,
      alias: undefined,
      refused: undefined,
      places: new Map(),
      seenBy: new Map(),
    });
  }

  /** @param offset `epoch.number`; `undefined` of a repetition whose place is not known. */
  acknowledged(id: string, offset?: string): void {
    const event = this.#events.get(id)!;
    if (offset !== undefined) this.placed(event, offset, "its emitter");
    const place = offset === undefined ? undefined : placeOf(offset);
    if (event.acknowledged && !this.#isOfLaterHistory(place, event.acknowledged.place)) return;
    if (!event.acknowledged) this.#acknowledged += 1;
    event.acknowledged = { moment: this.tick(), place };
  }

  /** What is there again after a backup was put back is not lost with what came after the backup. */
  #isOfLaterHistory(place: Place | undefined, before: Place | undefined): boolean {
    if (!place || !before) return false;
    return this.begun(place.epoch) > this.begun(before.epoch);
  }

  /** When a history began: the first one before everything. */
  begun(epoch: string): number {
    return this.#epochs.get(epoch) ?? 0;
  }

  /** One place in a history has one event, and an event one place there, whoever says so. */
  placed({ id, places }: Event, offset: string, by: string): void {
    const { epoch, number } = placeOf(offset);
    // Of a repetition its emitter may not be told the place, and no other event may be there to tell which history this is.
    this.#epoch ??= epoch;
    const there = this.#placed.get(offset) ?? id;
    this.#placed.set(offset, there);
    if (there !== id) {
      this.#misplaced.add(`${id} at ${by}: at ${offset}, where ${there} is`);
      return;
    }
    const known = places.get(epoch) ?? number;
    places.set(epoch, known);
    if (known !== number) this.#misplaced.add(`${id} at ${by}: at ${offset}, and at ${epoch}.${known}`);
  }

  /** Its emitter was told that it is not there. In a history that had ended by then it may have been. */
  refused(id: string): void {
    const event = this.#events.get(id)!;
    const refused = this.begun(this.#epoch ?? "");
    event.refused = refused;
    for (const [name, begun] of event.seenBy) if (begun >= refused) this.trouble(`${id} at ${name}`);
  }

  /** What the system calls an event. */
  called(alias: string, id: string): void {
    this.#aliases.set(alias, id);
    const event = this.#events.get(id);
    if (event) event.alias = alias;
  }

  /** The log is asked to let go what lies before a number, of one name or all. */
  trimmed({ before, name }: { readonly before: number; readonly name?: string | undefined }): void {
    const isBefore = ({ acknowledged, places }: Event) => {
      // Of a repetition its emitter is not told the place: who was given it knows that.
      const numbers = acknowledged?.place ? [acknowledged.place.number] : [...places.values()];
      return numbers.length === 0 || numbers.some((number) => number < before);
    };
    const covers = (event: Event) => (name === undefined || name === event.name) && isBefore(event);
    this.#losses.push({ reason: "trimmed", moment: this.tick(), covers });
  }

  /** The log is put back to where it had `number` events, and goes on as another history. */
  restored(epoch: string, number: number): void {
    const moment = this.tick();
    // A word that comes late, as over a link, names the history in which it was so.
    const isBefore = ({ epoch }: Place) => this.begun(epoch) < moment;
    const covers = ({ acknowledged }: Event) => {
      if (!acknowledged) return false;
      const { place } = acknowledged;
      return place ? isBefore(place) && place.number > number : acknowledged.moment < moment;
    };
    this.#epochs.set(epoch, moment);
    this.#losses.push({ reason: "epoch", moment, covers });
    this.#epoch = epoch;
  }

  /** Something that must not be, in words. */
  trouble(text: string): void {
    this.#troubles.push(text);
  }

  /** @param wants what it listens to: what is attempted from now on, or everything where it listens from the `start`. */
  listener(name: string, wants: Wants, start: boolean): Listener {
    const listener = new Listener(this, name, wants, this.tick(), start);
    this.#witnesses.push(listener);
    return listener;
  }

  /** A group that does everything that it `wants`, from the start of the log. */
  group(name: string, wants: Wants): Group {
    const group = new Group(this, name, wants, this.tick());
    this.#witnesses.push(group);
    return group;
  }

  verdict(): Verdict {
    const all = (kind: keyof Findings) => this.#witnesses.flatMap(({ findings }) => findings[kind]);
    return {
      acknowledged: this.#acknowledged,
      delivered: sum(this.#witnesses, ({ delivered }) => delivered),
      repeated: sum(this.#witnesses, ({ repeated }) => repeated),
      gaps: sum(this.#witnesses, ({ gaps }) => gaps),
      lost: this.lost(),
      unexpected: [...all("unexpected"), ...this.#troubles],
      duplicated: all("duplicated"),
      inverted: [
        ...all("inverted"),
        ...this.#misplaced,
        ...this.#witnesses.flatMap((witness) => witness.inverted()),
      ],
    };
  }

  /** What was acknowledged, and neither delivered nor in a gap that was told. */
  lost(): readonly string[] {
    return this.#witnesses.flatMap((witness) => witness.lost(this.#events.values(), this.#epoch));
  }

  /** Where the log has what a group has not done. */
  undone(group: Group): readonly number[] {
    return group.undone(this.#events.values(), this.#epoch);
  }

  event(id: string): Event | undefined {
    return this.#events.get(id);
  }

  /** Whether a gap may be told to who wants that: another history is one, also where it lacks nothing. */
  explains(reason: string, wants: Wants): boolean {
    const losses = this.#losses.filter((loss) => loss.reason === reason);
    if (reason === "epoch") return losses.length > 0;
    return [...this.#events.values()].some(
      (event) =>
        wants(event) && losses.some(({ moment, covers }) => event.attempted < moment && covers(event)),
    );
  }

  idOf(alias: string): string {
    return this.#aliases.get(alias) ?? alias;
  }

  get losses(): readonly Loss[] {
    return this.#losses;
  }

  /** Rises with everything that is told. */
  tick(): number {
    this.#moment += 1;
    return this.#moment;
  }
}

export interface Verdict {
  readonly acknowledged: number;
  readonly delivered: number;
  /** What a group has done again before it could know that it was done: at least once is what it promises. */
  readonly repeated: number;
  readonly gaps: number;
  readonly lost: readonly string[];
  readonly unexpected: readonly string[];
  readonly duplicated: readonly string[];
  readonly inverted: readonly string[];
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
