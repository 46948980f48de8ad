import { Ages } from "./ages.js";
import { QueueEntry, type Settlements, urgency } from "./entry.js";
import type { Key } from "./key.js";
import { Lane } from "./lane.js";
import type { Moment } from "./moment.js";
import { Order } from "./order.js";
import { Plain } from "./plain.js";

/**
 * How many entries that have come due join the others before one is taken, or they are counted. A million that come due at
 * once must not block the event loop; for as many as these, priority counts from the first.
 */
const joinAtOnce = 1_024;
/** How often that is done again while all that joined is of blocked keys. */
const joins = 64;

/**
 * Everything that waits, in the order in which it may be taken: what is due, by priority, then in the order of offers, of
 * each key the first.
 */
export class Store<Data> {
  readonly #settlements: Settlements<Data>;
  readonly #clock: () => number;
  /** What waits of each key, where only the newest of it does. */
  readonly #newest: Map<Key, QueueEntry<Data>> | undefined;
  readonly #plain: Plain<Data>;
  #ready = byUrgency<Data>();
  #delayed = byDueTime<Data>();
  #lanes = new Map<Key, Lane<Data>>();
  readonly #ages = new Ages<Data>();
  #entries = 0;
  #nextId = 1;
  #closed = false;

  /**
   * @param clock monotonic, in milliseconds.
   * @param conflates whether only the newest of each key waits.
   */
  constructor(settlements: Settlements<Data>, clock: () => number, conflates = false) {
    this.#settlements = settlements;
    this.#plain = new Plain(settlements);
    this.#clock = clock;
    this.#newest = conflates ? new Map() : undefined;
  }

  /** How many wait. */
  get size(): number {
    return this.#plain.length + this.#entries;
  }

  /** How many of them are not due yet. */
  get delayed(): number {
    this.#join();
    return this.#delayed.length;
  }

  /** How many keys there is anything known of. */
  get keys(): number {
    return this.#lanes.size;
  }

  addPlain(data: Data, moment: Moment): void {
    const id = this.#nextId++;
    if (this.#plain.push(id, data, moment)) return;
    this.#insert(new QueueEntry(this.#settlements, id, data, undefined, 0, 1, moment, "waiting"));
  }

  /** @param dueAt on the monotonic clock; `undefined`: at once. */
  add(data: Data, key: Key | undefined, priority: number, dueAt: number | undefined, moment: Moment): void {
    const entry = new QueueEntry(
      this.#settlements,
      this.#nextId++,
      data,
      key,
      priority,
      1,
      moment,
      "waiting",
    );
    entry.dueAt = dueAt;
    this.#insert(entry);
  }

  /** Whether newer data of the key would replace what waits. */
  hasNewest(key: Key): boolean {
    return this.#newest?.has(key) === true;
  }

  /**
   * Puts newer data in the place of what waits of the key, which must be there.
   *
   * @returns what was replaced.
   */
  replace(key: Key, data: Data, moment: Moment): QueueEntry<Data> {
    const entry = this.#newest!.get(key)!;
    const replaced = entry.copy(entry.attempt);
    entry.data = data;
    entry.moment = moment;
    entry.attempt = 1;
    return replaced;
  }

  /** Takes the first; its key is blocked until it is freed. */
  take(): QueueEntry<Data> | undefined {
    if (this.#closed) return undefined;
    if (this.#entries === 0) return this.#plain.length === 0 ? undefined : this.#takePlain();
    for (let count = 0; count < joins; count++) {
      const more = this.#delayed.length > 0 && this.#join();
      const entry = this.#takeDue();
      if (entry !== undefined || !more) return entry;
    }
    return undefined;
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
    const oldest = this.#ages.oldest();
    if (this.#plain.length === 0 || (oldest !== undefined && oldest.id < this.#plain.firstId)) return oldest;
    return this.#plain.peek();
  }

  dropOldest(): QueueEntry<Data> | undefined {
    const oldest = this.oldest();
    if (oldest !== undefined) this.#drop(oldest);
    return oldest;
  }

  /** From now on nothing can be taken, only dropped, so that no order is kept but that of ages. */
  close(): void {
    this.#closed = true;
    this.#ready = byUrgency();
    this.#delayed = byDueTime();
    this.#lanes = new Map();
  }

  /** When the next that is not due yet will be, on the monotonic clock. */
  nextDueAt(): number | undefined {
    return this.#delayed.first()?.dueAt;
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

  /** Lets those that have come due join the others. @returns whether there may be more. */
  #join(): boolean {
    const now = this.#clock();
    for (let count = 0; count < joinAtOnce; count++) {
      const entry = this.#delayed.first();
      if (entry === undefined || entry.dueAt! > now) return false;
      this.#delayed.remove(entry);
      this.#becomeDue(entry);
    }
    return true;
  }

  #takeDue(): QueueEntry<Data> | undefined {
    for (;;) {
      const first = this.#ready.first();
      if (this.#plain.length > 0 && !(first !== undefined && this.#outranksPlain(first))) {
        return this.#takePlain();
      }
      if (first === undefined) return undefined;
      this.#ready.remove(first);
      if (first.lane !== undefined && !first.lane.hold(first)) continue;
      this.#noLongerWaits(first);
      first.state = "in flight";
      return first;
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
    this.#ages.add(entry);
    if (this.#newest !== undefined && entry.key !== undefined) this.#newest.set(entry.key, entry);
  }

  #noLongerWaits(entry: QueueEntry<Data>): void {
    entry.state = "over";
    this.#entries -= 1;
    this.#ages.left(entry);
    if (this.#newest !== undefined && entry.key !== undefined) this.#newest.delete(entry.key);
  }

  #isOutdated({ key }: QueueEntry<Data>): boolean {
    return key !== undefined && this.hasNewest(key);
  }

  #drop(entry: QueueEntry<Data>): void {
    if (this.#plain.length > 0 && entry.id === this.#plain.firstId) {
      this.#plain.shift();
      return;
    }
    this.#noLongerWaits(entry);
    if (this.#closed) return;
    entry.place?.left();
    if (entry.lane === undefined) return;
    entry.lane.left(entry);
    this.#forgetIdle(entry.lane);
  }

  #forgetIdle(lane: Lane<Data>): void {
    if (lane.idle) this.#lanes.delete(lane.key);
  }

  #outranksPlain({ priority, id }: QueueEntry<Data>): boolean {
    return priority === 0 ? id < this.#plain.firstId : priority > 0;
  }

  #takePlain(): QueueEntry<Data> {
    const entry = this.#plain.shift();
    entry.state = "in flight";
    return entry;
  }
}

function byUrgency<Data>(): Order<QueueEntry<Data>> {
  return new Order<QueueEntry<Data>>(urgency);
}

function byDueTime<Data>(): Order<QueueEntry<Data>> {
  return new Order<QueueEntry<Data>>(({ dueAt }) => dueAt!);
}
