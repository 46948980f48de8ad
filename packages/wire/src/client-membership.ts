import { type EventwireError, InvalidError } from "@eventwire/core";
import {
  type BusCore,
  type GroupWorker,
  type JoinWish,
  type Membership,
  placeOf,
  StoredMessage,
  validate,
} from "@eventwire/core/attach";
import { AskingAgain } from "./asking-again.js";
import type { Given, Join } from "./messages.js";
import { invalid, unsupported } from "./refusal.js";

/** How much is remembered of what was done, for a server that may not have heard of it. */
const mostRemembered = 256;
/** Within so many milliseconds it is noticed that a link is gone: what was said over it before was heard. */
const noticedWithin = 60_000;

/** That an event was done. */
interface Done {
  /** By which number that was said, if it could be. */
  readonly ref: number | undefined;
  /** When, on the monotonic clock. */
  readonly at: number;
}

export interface ClientMembershipHost {
  readonly core: BusCore;
  /** It is to be asked for again. */
  ask(membership: ClientMembership): void;
  /** It is one no longer. */
  leave(membership: ClientMembership): void;
}

/** A client in one group, whatever the link. */
export class ClientMembership implements Membership {
  readonly wish: JoinWish;
  readonly worker: GroupWorker;
  readonly begun: Promise<void>;
  readonly #host: ClientMembershipHost;
  readonly #again: AskingAgain;
  #begin!: () => void;
  #fail!: (error: unknown) => void;
  /** Whether it has ever begun: until then a refusal is told to who waits for that. */
  #started = false;
  #refused = false;
  /** What was done: given again by who may not have heard of that, it is not done again. */
  readonly #done = new Map<string, Done>();

  constructor(host: ClientMembershipHost, wish: JoinWish, worker: GroupWorker) {
    this.#host = host;
    this.wish = wish;
    this.worker = worker;
    this.#again = new AskingAgain(host.core, () => host.ask(this));
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#fail = reject;
    });
  }

  /** Whether it was refused after it had begun. */
  get refused(): boolean {
    return this.#refused;
  }

  /** What asks for it by a number. */
  asking(ref: number): Join {
    const { group, pattern, names, since, concurrency, attempts, backoff } = this.wish;
    this.#refused = false;
    this.#again.stop();
    const from = since instanceof Date ? since.getTime() : since;
    return ["join", ref, group, pattern, names, from, concurrency, { attempts, backoff }];
  }

  begin(): void {
    this.#started = true;
    this.#again.answered();
    this.#begin();
  }

  /** Resolves when the event is done. */
  async work(given: Given): Promise<void> {
    const [, ref, , name, data, id, time, offset, attempt] = given;
    const done = this.#done.get(idOf(given));
    // Who has heard of it and gives it again wants it done again.
    if (done && done.ref !== ref) return;
    const { core } = this.#host;
    const place = placeOf(offset);
    const topic = core.topics.get(name);
    if (!place || !topic || !this.wish.names.includes(name)) throw unsupported(name, "is not done here");
    let message: StoredMessage;
    try {
      const value = validate(topic.definition.schema, name, data);
      const record = { offset: place.number, id, name, key: topic.key(value), time, body: none };
      message = new StoredMessage(record, { data: value, cause: [] }, place.epoch, attempt);
    } catch (error) {
      core.report(error);
      throw error instanceof InvalidError ? error : invalid(name, "its key cannot be told");
    }
    let outcome: Promise<void> | undefined;
    core.dispatcher.run(() => {
      outcome = this.worker.give(message);
    });
    await outcome;
  }

  /** @param said whether who gave it was told that it is done. */
  done(given: Given, said: boolean): void {
    const id = idOf(given);
    // Behind all that was done before.
    this.#done.delete(id);
    this.#done.set(id, { ref: said ? given[1] : undefined, at: this.#host.core.runtime.monotonic() });
    if (this.#done.size <= mostRemembered) return;
    const [oldest] = this.#done.keys();
    this.#done.delete(oldest!);
  }

  /** Its server has given what it had to others. */
  lost(): void {
    this.worker.recall();
    const heard = this.#host.core.runtime.monotonic() - noticedWithin;
    for (const [id, { ref, at }] of this.#done) if (ref !== undefined && at < heard) this.#done.delete(id);
  }

  /** @returns whether it may be asked for again. */
  refuse(error: EventwireError): boolean {
    // A server that closes denies nothing: over the next link it is asked for again.
    if (error.code === "Disconnected") return true;
    if (error.code === "Unavailable") {
      this.#again.later(error);
      return true;
    }
    this.#again.answered();
    if (!this.#started) {
      this.#fail(error);
      return false;
    }
    this.#refused = true;
    this.worker.gap("denied", error);
    if (error.code !== "Denied") this.#host.core.report(error);
    return true;
  }

  leave(): void {
    this.#again.stop();
    this.#host.leave(this);
    this.#begin();
  }

  /** Nothing more can come. */
  end(error: EventwireError): void {
    this.#again.stop();
    this.#fail(error);
    if (this.#started && error.code !== "Closed") this.#host.core.report(error);
  }
}

const none = new Uint8Array(0);

/** A log that has lost its end gives an offset again. */
function idOf([, , , , , id, , offset]: Given): string {
  return `${offset} ${id}`;
}
