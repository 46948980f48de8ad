import { Ages } from "./ages.js";
import { isDueBefore, outranks, QueueEntry, type Settlements } from "./entry.js";
import { Fifo } from "./fifo.js";
import type { Key } from "./key.js";
import { Lane } from "./lane.js";
import type { Moment } from "./moment.js";
import { Order } from "./order.js";

/** How many entries join those that are due with each taking: a million that come due at once must not block the loop. */
const joinAtOnce = 64;
/** And before they are counted. */
const joinAtCount = 4_096;

/**
 * Everything that waits, in the order in which it may be taken: what is due, by priority, then in the order of offers, of
 * each key the first. What comes without key, priority and delay is kept as the bare data, which is most of it.
 */
export class Store<Data> {
  readonly #settlements: Settlements<Data>;
  readonly #clock: () => number;
  /** What waits of each key, where only the newest of it does. */
  readonly #newest: Map<Key, QueueEntry<Data>> | undefined;
  #plain = new Fifo<Data>();
  /** When they were offered; each once. */
  #moments = new Fifo<Moment>();
  /** The id of the first plain one; the others follow without a hole. */
  #plainId = 1;
  #ready = new Order<QueueEntry<Data>>(outranks);
  #delayed = new Order<QueueEntry<Data>>(isDueBefore);
  #lanes = new Map<Key, Lane<Data>>();
  /** Kept from when it is first asked for. */
  #ages: Ages<Data> | undefined;
  #entries = 0;
  #nextId = 1;

  /**
   * @param clock monotonic, in milliseconds.
   * @param conflates whether only the newest of each key waits.
   */
  constructor(settlements: Settlements<Data>, clock: () => number, conflates = false) {
    this.#settlements = settlements;
    this.#clock = clock;
    this.#newest = conflates ? new Map() : undefined;
  }

  /** How many wait. */
  get size(): number {
    return this.#plain.length + this.#entries;
  }

  /** How many of them are not due yet. */
  get delayed(): number {
    this.#join(joinAtCount);
    return this.#delayed.length;
  }

  /** How many keys there is anything known of. */
  get keys(): number {
    return this.#lanes.size;
  }

  addPlain(data: Data, moment: Moment): void {
    const id = this.#nextId++;
    const plain = this.#plain;
    if (plain.length === 0) this.#plainId = id;
    else if (this.#plainId + plain.length !== id) {
      this.#insert(new QueueEntry(this.#settlements, id, data, undefined, 0, 1, moment, true));
      return;
    }
    plain.push(data);
    if (moment.count++ === 0) this.#moments.push(moment);
  }

  /** @param dueAt on the monotonic clock; `undefined`: at once. */
  add(data: Data, key: Key | undefined, priority: number, dueAt: number | undefined, moment: Moment): void {
    const entry = new QueueEntry(this.#settlements, this.#nextId++, data, key, priority, 1, moment, true);
    entry.dueAt = dueAt;
    this.#insert(entry);
  }

  /**
   * Puts newer data in the place of what waits of the key, if anything does.
   *
   * @returns what was replaced.
   */
  replace(key: Key, data: Data, moment: Moment): QueueEntry<Data> | undefined {
    const entry = this.#newest?.get(key);
    if (entry === undefined) return undefined;
    const replaced = entry.copy(entry.attempt);
    entry.data = data;
    entry.moment = moment;
    entry.attempt = 1;
    return replaced;
  }

  /** Takes the first; its key is blocked until it is freed. */
  take(): QueueEntry<Data> | undefined {
    if (this.#entries === 0) return this.#plain.length === 0 ? undefined : this.#takePlain();
    if (this.#delayed.length > 0) this.#join(joinAtOnce);
    for (;;) {
      const first = this.#ready.first();
      if (this.#plain.length > 0 && !(first !== undefined && this.#outranksPlain(first))) {
        return this.#takePlain();
      }
      if (first === undefined) return undefined;
      this.#ready.remove(first);
      if (first.lane !== undefined && !first.lane.hold(first)) continue;
      this.#noLongerWaits(first);
      first.inFlight = true;
      return first;
    }
  }

  /** It is gone, or about to come back by `giveBack`. */
  free({ lane }: QueueEntry<Data>): void {
    if (lane === undefined) return;
    lane.free();
    this.#forgetIdle(lane);
  }

  /**
   * It waits again for another attempt, and holds its key meanwhile.
   *
   * @returns false when only the newest of its key waits, and a newer one does: then it is gone.
   */
  retry(entry: QueueEntry<Data>, delay: number): boolean {
    if (this.#isOutdated(entry)) {
      this.free(entry);
      return false;
    }
    const copy = entry.copy(entry.attempt + 1);
    if (copy.lane !== undefined) copy.lane.holder = copy;
    if (delay > 0) copy.dueAt = this.#clock() + delay;
    this.#insert(copy);
    return true;
  }

  /** It waits again as before. @returns as `retry`. */
  release(entry: QueueEntry<Data>): boolean {
    if (this.#isOutdated(entry)) {
      this.free(entry);
      return false;
    }
    const copy = entry.copy(entry.attempt);
    this.#nowWaits(copy);
    if (copy.lane === undefined) this.#becomeReady(copy);
    else {
      copy.lane.park(copy);
      copy.lane.free();
    }
    return true;
  }

  /** What was gone waits again as if it were new, in its old place. @returns as `retry`. */
  redrive(entry: QueueEntry<Data>): boolean {
    if (this.#isOutdated(entry)) return false;
    const copy = entry.copy(1);
    copy.lane = undefined;
    this.#insert(copy);
    return true;
  }

  /** The one offered first, whatever its priority. */
  oldest(): QueueEntry<Data> | undefined {
    if (this.#ages === undefined) {
      this.#ages = new Ages();
      for (const entry of this.#all()) this.#ages.add(entry);
    }
    const oldest = this.#ages.oldest();
    if (this.#plain.length === 0 || (oldest !== undefined && oldest.id < this.#plainId)) return oldest;
    return this.#plainEntry(this.#plain.peek() as Data, this.#moments.peek()!);
  }

  dropOldest(): QueueEntry<Data> | undefined {
    const oldest = this.oldest();
    if (oldest !== undefined) this.#drop(oldest);
    return oldest;
  }

  /** When the next that is not due yet will be, on the monotonic clock. */
  nextDueAt(): number | undefined {
    return this.#delayed.first()?.dueAt;
  }

  /** Empties it, in the order of offers. */
  *clear(): Generator<QueueEntry<Data>, void, undefined> {
    for (let entry = this.dropOldest(); entry !== undefined; entry = this.dropOldest()) yield entry;
  }

  #insert(entry: QueueEntry<Data>): void {
    this.#nowWaits(entry);
    if (entry.dueAt !== undefined) {
      this.#delayed.add(entry);
      entry.place = this.#delayed;
    } else {
      this.#becomeDue(entry);
    }
  }

  /** Lets those that have come due join the others. */
  #join(limit: number): void {
    const now = this.#clock();
    for (let count = 0; count < limit; count++) {
      const entry = this.#delayed.first();
      if (entry === undefined || entry.dueAt! > now) return;
      this.#delayed.remove(entry);
      this.#becomeDue(entry);
    }
  }

  #becomeDue(entry: QueueEntry<Data>): void {
    const { key } = entry;
    if (key === undefined || entry.lane?.holder === entry) {
      this.#becomeReady(entry);
      return;
    }
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(key, this.#ready);
      this.#lanes.set(key, lane);
    }
    entry.lane = lane;
    lane.add(entry);
  }

  #becomeReady(entry: QueueEntry<Data>): void {
    this.#ready.add(entry);
    entry.place = this.#ready;
  }

  #nowWaits(entry: QueueEntry<Data>): void {
    this.#entries += 1;
    this.#ages?.add(entry);
    if (this.#newest !== undefined && entry.key !== undefined) this.#newest.set(entry.key, entry);
  }

  #noLongerWaits(entry: QueueEntry<Data>): void {
    entry.waiting = false;
    this.#entries -= 1;
    this.#ages?.left();
    if (this.#newest !== undefined && entry.key !== undefined) this.#newest.delete(entry.key);
  }

  #isOutdated({ key }: QueueEntry<Data>): boolean {
    return key !== undefined && this.#newest?.has(key) === true;
  }

  #drop(entry: QueueEntry<Data>): void {
    if (this.#plain.length > 0 && entry.id === this.#plainId) {
      this.#shiftPlain();
      return;
    }
    this.#noLongerWaits(entry);
    entry.place?.left();
    if (entry.lane === undefined) return;
    entry.lane.left(entry);
    this.#forgetIdle(entry.lane);
  }

  #forgetIdle(lane: Lane<Data>): void {
    if (lane.idle) this.#lanes.delete(lane.key);
  }

  #outranksPlain({ priority, id }: QueueEntry<Data>): boolean {
    return priority === 0 ? id < this.#plainId : priority > 0;
  }

  #takePlain(): QueueEntry<Data> {
    const entry = this.#shiftPlain();
    entry.inFlight = true;
    return entry;
  }

  #shiftPlain(): QueueEntry<Data> {
    const moment = this.#moments.peek()!;
    if (--moment.count === 0) this.#moments.shift();
    const entry = this.#plainEntry(this.#plain.shift(), moment);
    this.#plainId += 1;
    return entry;
  }

  #plainEntry(data: Data, moment: Moment): QueueEntry<Data> {
    return new QueueEntry(this.#settlements, this.#plainId, data, undefined, 0, 1, moment, false);
  }

  *#all(): Generator<QueueEntry<Data>, void, undefined> {
    yield* this.#ready;
    yield* this.#delayed;
    for (const lane of this.#lanes.values()) yield* lane.parked();
  }
}
