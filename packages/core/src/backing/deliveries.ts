import { backoff, ClosedError } from "@eventwire/queue";
import { DeadError } from "../errors/dead-error.js";
import type { Key } from "../key.js";
import type { Listener } from "../listeners.js";
import { isThenable } from "../thenable.js";
import type { Source } from "./feed.js";
import type { GroupWish } from "./group-options.js";
import type { Holdings } from "./holdings.js";
import { Interrupted } from "./interrupted.js";
import { journalAppend } from "./journal.js";
import { Lanes, type Outcome } from "./lanes.js";
import { reasonOf } from "./reason.js";
import type { StoredMessage } from "./stored-message.js";
import type { Tenure } from "./tenure.js";

/** How many messages flow at once, and how many are in memory with those that other tries hold up. */
const maxFlowing = 256;
const maxHeld = 2_048;

/** An event that this member is to do, as long as it has its shard. */
interface Delivery {
  readonly name: string;
  readonly key: Key | undefined;
  readonly message: StoredMessage;
  readonly tenure: Tenure;
}

export interface DeliveriesOptions {
  readonly source: Source;
  readonly wish: GroupWish;
  readonly holdings: Holdings;
  readonly call: Listener;
  /** Told when there is room for a page of messages. */
  readonly onRoom: () => void;
  /** Told when an event of a shard is done. */
  readonly onDone: (tenure: Tenure) => void;
}

/** The events that a member of a group does: tries each until it is done or dead, those of a key one after the other. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #backoff: (attempt: number) => number;
  readonly #lanes: Lanes<Delivery>;
  #call: Listener;

  constructor(options: DeliveriesOptions) {
    const { wish, source, call } = options;
    this.#options = options;
    this.#call = call;
    this.#backoff = backoff(wish.backoff, () => source.core.runtime.random());
    this.#lanes = new Lanes<Delivery>({
      concurrency: wish.concurrency,
      work: (delivery) => this.#work(delivery),
      after: (milliseconds, then, { tenure }) => this.#rest(milliseconds, then, tenure),
      onOver: () => this.#resume(),
    });
  }

  /** How many more it takes now. */
  get room(): number {
    return Math.min(maxFlowing - this.#lanes.flowing, maxHeld - this.#lanes.held);
  }

  put(message: StoredMessage, tenure: Tenure): void {
    const { name, key } = message;
    this.#lanes.put({ name, key, message, tenure });
  }

  /** Begins nothing more. */
  stop(): void {
    this.#lanes.stop();
  }

  #work(delivery: Delivery): Outcome | Promise<Outcome> {
    const { message, tenure } = delivery;
    const { holdings, source } = this.#options;
    const { core, reader } = source;
    if (tenure.over || tenure.leaving) return undefined;
    const start = core.runtime.monotonic();
    if (!holdings.holds(tenure, start)) return holdings.assure(tenure).then(() => this.#work(delivery));
    const attempt = tenure.attempt(message.number);
    // Read again: who failed may have changed its data.
    const told = attempt === 1 ? message : reader.message(message.record, tenure.epoch, attempt)!;
    const call = this.#call;
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
    this.#options.holdings.changed(tenure);
    this.#options.onDone(tenure);
  }

  #failed(delivery: Delivery, attempt: number, start: number, error: unknown): Outcome | Promise<Outcome> {
    const { message, tenure } = delivery;
    const { holdings, source, wish } = this.#options;
    const { core } = source;
    if (tenure.over) return this.#ended(tenure);
    if (error instanceof Interrupted) return this.#interrupted(delivery, error);
    // Another may have done it by now: it is not for this one to say that it is dead.
    if (!holdings.holds(tenure)) {
      return holdings.assure(tenure).then(() => this.#failed(delivery, attempt, start, error));
    }
    const { id, name, key } = message;
    const { group } = wish;
    const milliseconds = core.runtime.monotonic() - start;
    const tried = { group, id, name, key, attempt, error, milliseconds };
    const failures = tenure.failed(message.number);
    holdings.changed(tenure);
    // What cannot be read now cannot be read in a while either, and would hold up its key.
    if (failures >= wish.attempts || message.flaw) {
      core.inspect?.({ type: "event.died", ...tried });
      return this.#bury(delivery, attempt, error);
    }
    this.#ended(tenure);
    const delay = this.#backoff(failures);
    core.inspect?.({ type: "event.retried", ...tried, delay });
    return delay;
  }

  /** It stays to be done: by another member where this one leaves. */
  #interrupted({ message, tenure }: Delivery, { begun }: Interrupted): Outcome {
    if (begun) {
      tenure.interrupted(message.number);
      this.#options.holdings.changed(tenure);
    }
    this.#ended(tenure);
    return tenure.leaving ? undefined : this.#backoff(1);
  }

  /** Writes down that an event is dead, and passes it. */
  async #bury(delivery: Delivery, attempts: number, error: unknown): Promise<Outcome> {
    const { message, tenure } = delivery;
    const { source, wish } = this.#options;
    const { core, store } = source;
    const { group, pattern } = wish;
    const { id, name, key, time, number } = message;
    const reason = reasonOf(error);
    const diedAt = core.runtime.now();
    const { maxBodyBytes } = store.broker.features;
    const valid = message.flaw === undefined;
    const entry = { pattern, id, name, key, time, offset: number, attempts, reason, diedAt, valid };
    const append = journalAppend(group, { type: "dead", ...entry }, message.record.body, maxBodyBytes);
    try {
      await store.insist("keep a dead event", () => store.log.append([append]));
    } catch (failure) {
      this.#ended(tenure);
      if (failure instanceof ClosedError) return undefined;
      core.report(failure);
      return this.#backoff(wish.attempts);
    }
    core.report(new DeadError(name, id, attempts, error));
    return this.#done(delivery);
  }

  #ended(tenure: Tenure): undefined {
    tenure.running -= 1;
    if (tenure.leaving) this.#options.source.progress.made();
  }

  #rest(milliseconds: number, then: () => void, tenure: Tenure): void {
    const end = () => {
      cancel();
      ended();
      then();
    };
    const cancel = this.#options.source.core.runtime.timer(
      end,
      tenure.over || tenure.leaving ? 0 : milliseconds,
    );
    const ended = tenure.rest(end);
    this.#resume();
  }

  #resume(): void {
    // Not at once, so that a page is more than the one message that there is room for.
    if (this.room >= maxFlowing / 2) this.#options.onRoom();
  }
}
