import { type Appended, ClosedError } from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";
import { type Connection, isInTransaction } from "../connection.js";
import { explain, isBusy } from "../thread/failures.js";
import { OutboxRestartedError } from "./outbox-restarted-error.js";
import type { OutboxTable, Publisher, WaitingEvent } from "./outbox-table.js";

/** How much is published at once. */
const maxBatch = 500;
const maxBytes = 2 ** 20;
/** How soon a transaction that is still open is looked at again, in milliseconds. */
const soon = 1;
/** For how long another process may leave the same event unpublished, in milliseconds, before this one takes over. */
const patience = 2_000;
/**
 * How often the log is reminded of a publisher that has nothing to publish, in milliseconds, for it forgets who is silent for long; and how
 * soon after its start.
 */
const remindEvery = 86_400_000;
const firstReminder = 60_000;
/** What a reminder asks to append, which no log does: its sequence is beyond all others. */
const reminder = { name: "eventwire/probe", key: undefined, shard: 0, body: new Uint8Array(0) };
const beyond = Number.MAX_SAFE_INTEGER;
/** How long to wait after a failure, in milliseconds: the first time, and at most. */
const firstWait = 20;
const longestWait = 5_000;

/**
 * Publishes what was committed: one process at a time, which the log knows as a producer. Each row is a step in that producer's
 * sequence, so that one that was appended and not yet deleted is not appended again, however late that is tried.
 */
export class OutboxPublisher {
  readonly #core: BusCore;
  readonly #db: Connection;
  readonly #table: OutboxTable;
  readonly #pollEvery: number;
  readonly #owner: string;
  /** What this one publishes as; `undefined` while another one does. */
  #publisher: Publisher | undefined;
  /** Whether the log has taken something new since this one took over: until then each row goes alone, for it may be there. */
  #isSure = false;
  /** Up to which row all is in the log, and up to which that was deleted. */
  #published = 0;
  #deleted = 0;
  #version: number | undefined;
  #running: Promise<void> | undefined;
  /** Whether something may have been committed since the last look. */
  #dirty = true;
  /** The row that another process is to publish, and since when. */
  #awaited: { readonly sequence: number; readonly since: number } | undefined;
  #cancelTimer: (() => void) | undefined;
  #waits: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  #failures = 0;
  /** When the log is reminded next, on the monotonic clock. */
  #remindAt: number;
  #ended = false;

  constructor(core: BusCore, db: Connection, table: OutboxTable, pollEvery: number) {
    this.#core = core;
    this.#db = db;
    this.#table = table;
    this.#pollEvery = pollEvery;
    this.#owner = core.newId();
    this.#remindAt = core.runtime.monotonic() + firstReminder;
    // Whoever comes last takes over, so that what a crash has left need not wait.
    this.#publisher = table.take(this.#owner);
    this.wake();
  }

  /** Looks when the current synchronous code, and with it a transaction, has ended. */
  wake(): void {
    this.#dirty = true;
    this.#core.runtime.microtask(() => this.#look());
  }

  /** Resolves when nothing that was committed waits. Rejects with a `ClosedError` when it has ended before. */
  idle(): Promise<void> {
    if (this.#ended) return Promise.reject(ended());
    return new Promise((resolve, reject) => {
      this.#waits.push({ resolve, reject });
      this.wake();
    });
  }

  /** Leaves what is under way to whoever publishes next: it knows what of that is in the log. */
  end(): void {
    this.#ended = true;
    this.#cancelTimer?.();
    for (const { reject } of this.#waits.splice(0)) reject(ended());
    if (!this.#publisher) return;
    try {
      if (!isInTransaction(this.#db)) this.#table.leave(this.#owner);
    } catch (error) {
      // Others then take over once they have lost their patience.
      if (!isBusy(error)) this.#report(error);
    }
  }

  #look(): void {
    if (this.#ended || this.#running) return;
    this.#cancelTimer?.();
    this.#running = this.#publishAll()
      .then(
        (wait) => {
          this.#failures = 0;
          return wait;
        },
        (error: unknown) => this.#failed(error),
      )
      .then((wait) => {
        this.#running = undefined;
        if (this.#ended) return;
        // A process that has nothing else to do need not live for it; what waits is published at its next start.
        const background = this.#waits.length === 0;
        this.#cancelTimer = this.#core.runtime.timer(() => this.#look(), wait, background);
      });
  }

  /** @returns when to look again, in milliseconds. */
  async #publishAll(): Promise<number> {
    while (!this.#ended) {
      // What an open transaction has written is not to be seen before it is committed.
      if (isInTransaction(this.#db)) return soon;
      const version = this.#table.version();
      if (version !== this.#version) this.#dirty = true;
      this.#version = version;
      if (!this.#dirty && !this.#awaited) break;
      this.#dirty = false;
      if (!this.#isPublisher()) break;
      const batch = this.#table.after(this.#published, this.#isSure ? maxBatch : 1, maxBytes);
      this.#dirty = batch.length > 0;
      if (this.#dirty) await this.#publish(batch);
      else if (this.#published > this.#deleted) this.#forget();
    }
    await this.#remind();
    if (this.#waits.length > 0 && !isInTransaction(this.#db) && this.#table.first() === undefined) {
      for (const { resolve } of this.#waits.splice(0)) resolve();
    }
    return this.#dirty ? soon : this.#pollEvery;
  }

  async #remind(): Promise<void> {
    const { keeper, newId, runtime } = this.#core;
    if (!this.#publisher || this.#ended || runtime.monotonic() < this.#remindAt) return;
    this.#remindAt = runtime.monotonic() + remindEvery;
    const { epoch, producer: id } = this.#publisher;
    const producer = { id, epoch, sequence: beyond };
    await keeper.append({ ...reminder, id: newId(), time: runtime.now(), producer });
  }

  /** Whether this one publishes: also from now on, where nobody does, or who does stands still. */
  #isPublisher(): boolean {
    if (this.#publisher) return true;
    const sequence = this.#table.first();
    const now = this.#core.runtime.monotonic();
    if (sequence === undefined) this.#awaited = undefined;
    else if (this.#awaited?.sequence !== sequence) this.#awaited = { sequence, since: now };
    if (!this.#awaited) return false;
    if (this.#table.publisher().owner !== null && now - this.#awaited.since < patience) return false;
    this.#awaited = undefined;
    this.#publisher = this.#table.take(this.#owner);
    this.#isSure = false;
    return true;
  }

  async #publish(batch: readonly WaitingEvent[]): Promise<void> {
    const { producer: id, epoch, base } = this.#publisher!;
    const settled = await Promise.allSettled(
      batch.map(({ sequence, append }) =>
        this.#core.keeper.append({ ...append, producer: { id, epoch, sequence: sequence - base } }),
      ),
    );
    if (this.#ended) return;
    for (const [index, outcome] of settled.entries()) {
      const waiting = batch[index]!;
      if (outcome.status === "fulfilled" && (await this.#isPublished(outcome.value, waiting))) {
        this.#published = waiting.sequence;
        this.#isSure ||= !isDuplicate(outcome.value);
        continue;
      }
      if (this.#published > this.#deleted) this.#forget();
      // What came behind it is not in the log: its sequence has a hole there.
      if (outcome.status === "rejected") throw outcome.reason;
      if (this.#publisher) this.#refused(outcome.value, waiting);
      return;
    }
    this.#forget();
  }

  async #isPublished(outcome: Appended, { append }: WaitingEvent): Promise<boolean> {
    if (outcome.type !== "appended") return false;
    // The log has had this step of the sequence, and no longer knows of which event: of another one where the database
    // is an older one, such as after a restore.
    return !outcome.duplicate || outcome.offset !== undefined || this.#core.keeper.has(append);
  }

  /** Deletes what was published, as soon as that can be. */
  #forget(): void {
    if (isInTransaction(this.#db)) return;
    const { epoch, owner } = this.#table.delete(this.#published);
    this.#deleted = this.#published;
    if (owner !== this.#owner || epoch !== this.#publisher?.epoch) this.#publisher = undefined;
  }

  #refused(outcome: Appended, { sequence, append }: WaitingEvent): void {
    // It is refused again when that has ended.
    if (isInTransaction(this.#db)) return;
    const { newId, report } = this.#core;
    const refused = this.#publisher!;
    this.#publisher = this.#table.renew(refused, newId(), sequence - 1);
    this.#isSure = false;
    // Another one publishes, and has fenced this one.
    if (!this.#publisher) return;
    // Nobody else publishes, so that the log and the database are not of one history: one of them was restored, or is new.
    // The log could not know what it has of these events.
    report(
      new OutboxRestartedError(append.name, append.id, isDuplicate(outcome) ? "a duplicate" : outcome.type),
    );
  }

  #failed(error: unknown): number {
    if (this.#ended) return 0;
    this.#dirty = true;
    if (error instanceof ClosedError) {
      this.#ended = true;
      for (const { reject } of this.#waits.splice(0)) reject(error);
      return 0;
    }
    if (this.#failures === 0 && !isBusy(error)) this.#report(error);
    this.#failures += 1;
    return Math.min(longestWait, firstWait * 2 ** Math.min(this.#failures, 10));
  }

  #report(error: unknown): void {
    this.#core.report(explain("outbox", error));
  }
}

function isDuplicate(outcome: Appended): boolean {
  return outcome.type === "appended" && outcome.duplicate;
}

function ended(): ClosedError {
  return new ClosedError("What waits in the outbox is published at its next start");
}
