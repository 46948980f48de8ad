import {
  type EventwireError,
  type Offset,
  type OpenOutbox,
  type OutboxState,
  OverflowError,
  UnavailableError,
} from "@eventwire/core";
import { type BusCore, describe, OutcomeUnknownError } from "@eventwire/core/attach";
import { AnswerWatch, answerPatience } from "./answer-watch.js";
import type { Channel } from "./channel.js";
import type { Failure } from "./failure.js";
import { fromFailure } from "./failure.js";
import {
  type Again,
  type AppendedTold,
  type Appends,
  appendBytesUnderWay,
  appendsUnderWay,
  type Producing,
  type Rejected,
} from "./messages.js";
import { type EndOf, OutboxItem } from "./outbox-item.js";
import { OutboxKeeping } from "./outbox-keeping.js";
import { utf8Bytes } from "./utf8.js";

export interface OutboxSenderHost {
  readonly core: BusCore;
  /** Whether what may be in the log or not is sent again. */
  readonly resend: boolean;
  /** Has what answers this number told to this sender. @returns a number that nothing else is answered by. */
  register(sender: OutboxSender): number;
  forget(ref: number): void;
  /** Whether nothing waits elsewhere that was emitted before. */
  mayBegin(sender: OutboxSender): boolean;
  /** What waits has become another, or whose it is. */
  changed(): void;
  /** It is another user's: it is not sent from until that user is back. */
  setAside(sender: OutboxSender): void;
}

/** How long to wait before it begins again, in milliseconds: the first time, and at most. */
const firstWait = 200;
const longestWait = 30_000;
/** So many times it begins in vain before that is reported. */
const patience = 5;
/** By how much an epoch is larger than the one before, at most. */
const mostMore = 2 ** 20;
/** What a text takes besides its data in a frame, at most: what two ends count may differ by that. */
const around = 8;

/**
 * Sends from one outbox, link after link, in order: what was sent stays until the log has it, and keeps its number. A link begins with
 * asking the log how far it is.
 */
export class OutboxSender {
  readonly #host: OutboxSenderHost;
  readonly #outbox: OpenOutbox;
  readonly #keeping: OutboxKeeping;
  #state: OutboxState;
  #items: OutboxItem[];
  /** Of all that waits. */
  bytes = 0;
  /** On their way into the outbox, and of those that are done on their way out. */
  #coming: OutboxItem[] = [];
  #going = new Set<OutboxItem>();
  #putting = false;
  #channel: Channel | undefined;
  /** By which the server knows it over this link. */
  #ref: number | undefined;
  /** Over this link: it asks how far the log is, it sends, or it waits for something else than an answer. */
  #phase: "idle" | "asking" | "sending" | "waiting" | "barred" = "idle";
  /** How many items have been sent over this link and are not answered, and their bytes. */
  #flying = 0;
  #flyingBytes = 0;
  /** Of how many it is kept that they may have been sent; and will be, once what is being kept is. */
  #safe = 0;
  #soonSafe: number | undefined;
  #durability: Producing[5] = "memory";
  /** Whether what it has sent may have been sent by another one that has a copy of it, and something else by its numbers. */
  #doubted = false;
  #attempts = 0;
  #agains = 0;
  #cancelTimer: (() => void) | undefined;
  #closed: Promise<void> | undefined;
  readonly #answers: AnswerWatch;
  /** Why nothing of it is taken over this link. */
  #refusal: Failure | undefined;
  /** The user that the server has named over this link. */
  #user: string | undefined;
  aside = false;

  constructor(host: OutboxSenderHost, outbox: OpenOutbox) {
    const { core } = host;
    this.#host = host;
    this.#outbox = outbox;
    this.#keeping = new OutboxKeeping(outbox, core.runtime, core.report);
    this.#answers = new AnswerWatch(core.runtime, () => this.#report(silent, "It is waited for."));
    this.#items = outbox.entries.map((entry) => new OutboxItem(entry));
    this.#weigh(this.#items, 1);
    const { state } = outbox;
    // What is empty is nobody's.
    const user = this.#items.length > 0 ? state.user : undefined;
    this.#state = { ...state, user, sent: Math.min(state.sent, this.#items.length) };
    this.#safe = this.#state.sent;
  }

  get size(): number {
    return this.#items.length + this.#coming.length;
  }

  /** How many are on their way into the outbox. */
  get saving(): number {
    return this.#coming.length;
  }

  /** When the first was emitted. */
  get oldest(): number | undefined {
    return (this.#items[0] ?? this.#coming[0])?.entry.time;
  }

  /** When the last was emitted. */
  get newest(): number {
    return (this.#coming.at(-1) ?? this.#items.at(-1))?.entry.time ?? 0;
  }

  /** Whether what waits in it may be another user's than the one of this link. */
  get mayBeOthers(): boolean {
    if (this.aside) return true;
    return this.#channel !== undefined && this.#state.user !== undefined && this.#state.user !== this.#user;
  }

  /** Whether others may be sent from that hold what was emitted later. */
  get passed(): boolean {
    return this.done || this.#phase === "barred";
  }

  /** Whether nothing waits in it, nor is on its way out. */
  get done(): boolean {
    return this.size === 0 && this.#going.size === 0;
  }

  /** Adds behind the others; it is sent once the outbox has it. */
  put(item: OutboxItem): void {
    this.#coming.push(item);
    this.bytes += item.bytes;
    this.#host.changed();
    if (this.#putting) return;
    this.#putting = true;
    // All of a turn goes together.
    this.#host.core.runtime.microtask(() => void this.#putAll());
  }

  connect(channel: Channel, { user }: Appends): void {
    this.#channel = channel;
    this.#user = user;
    if (this.done && this.#state.user !== undefined) {
      this.#state = { ...this.#state, user: undefined };
      void this.#keeping.keep(0, this.#state);
    }
    this.wake();
  }

  /** The link is gone. */
  lost(): void {
    this.#leave();
    this.#channel = undefined;
    this.#user = undefined;
    this.#refusal = undefined;
    this.#phase = "idle";
  }

  /** Goes on, where there is something to do. */
  wake(): void {
    if (this.#closed || !this.#channel || this.#cancelTimer) return;
    if (this.#phase === "sending") this.#send();
    else if (this.#refusal) this.#refuseAll(this.#refusal);
    else if (this.#phase === "idle" && this.#items.length > 0 && this.#host.mayBegin(this)) void this.#ask();
  }

  producing([, , expected, known, user, durability]: Producing): void {
    if (this.#phase !== "asking") return;
    this.#answers.answered(false);
    const { confirmed, epoch, first, sent } = this.#state;
    this.#durability = durability;
    this.#user = user;
    const most = this.#doubted ? first : first + sent;
    const intact = (confirmed === 0 || known) && expected >= first && expected <= most;
    this.#doubted = false;
    const lost = intact || this.#host.resend ? 0 : sent;
    const done = intact ? expected - first : lost;
    this.aside = false;
    this.#state = { epoch, confirmed: epoch, first: expected, sent: sent - done, user };
    const gone = this.#take(done);
    this.#phase = "waiting";
    this.#letGo(gone, (item) => {
      if (intact) this.#inLog(item, null, true);
      else this.#fail(item, new OutcomeUnknownError(item.entry.name, restored));
    });
  }

  appended([, ref, sequence, offset, duplicate]: AppendedTold): void {
    if (!this.#isAnswer(ref, sequence)) return;
    const [item] = this.#take(1);
    this.#flying -= 1;
    this.#flyingBytes -= item!.bytes;
    this.#answers.answered(this.#flying > 0);
    this.#pass(1);
    // What the log has is not sent again, whether it is kept that it has it or not.
    void this.#keeping.keep(1, this.#state);
    this.#inLog(item!, offset, duplicate);
    this.#host.changed();
    this.#send();
  }

  rejected([, ref, sequence, failure]: Rejected): void {
    if (!this.#isAnswer(ref, sequence)) return;
    this.#answers.answered(false);
    this.#drop(fromFailure(failure, this.#items[0]!.entry.name));
  }

  again([, ref, sequence, wait]: Again): void {
    const index = sequence - this.#state.first;
    if (this.#phase !== "sending" || ref !== this.#ref || index < 0 || index > this.#flying) return;
    this.#goBackTo(index);
    this.#answers.answered(index > 0);
    this.#agains += 1;
    if (this.#agains === patience) this.#report(undecided);
    // It may wait for others as well, who were told the same.
    const { runtime } = this.#host.core;
    const least = this.#agains > 1 ? firstWait * 2 ** (this.#agains - 2) : wait;
    this.#later(Math.max(wait, Math.min(longestWait, least)) * (1 + runtime.random() / 2));
  }

  /** It may not be sent from now, or not any more. */
  failed(failure: Failure): void {
    const sending = this.#phase === "sending";
    this.#leave();
    this.#answers.answered(false);
    this.#phase = "idle";
    this.#attempts += 1;
    const { code } = failure;
    const error =
      code === "Unavailable" ? new UnavailableError(failure.message) : fromFailure(failure, "produce");
    if (code === "Denied" || code === "Unsupported" || code === "Invalid") {
      this.#phase = "barred";
      if (code === "Denied") this.#setAside();
      else if (code === "Invalid") this.#refuse(failure);
      else this.#report(error);
      return;
    }
    if (code === "Conflict") {
      this.#state = { ...this.#state, sent: 0 };
      this.#safe = 0;
    }
    // Another one has gone on from a copy of it, maybe by more than one.
    if (code === "Fenced") {
      this.#doubted ||= sending;
      const more = 2 ** Math.min(this.#attempts, 10) * mostMore;
      this.#state = { ...this.#state, epoch: this.#state.epoch + more };
    }
    if (this.#attempts === patience) this.#report(error);
    const { runtime } = this.#host.core;
    this.#later(Math.min(longestWait, firstWait * 2 ** (this.#attempts - 1)) * (0.5 + runtime.random() / 2));
  }

  /** Lets go of the outbox, with what is in it. @param why what to tell who waits for it. */
  end(why: EndOf): Promise<void> {
    this.#closed ??= this.#close(why);
    return this.#closed;
  }

  async #close(why: EndOf): Promise<void> {
    const { sent } = this.#state;
    this.#items.forEach((item, index) => {
      item.reject(why(item, index < sent ? "sent" : "inside"));
    });
    for (const item of this.#coming) item.reject(why(item, "entering"));
    for (const item of this.#going) item.reject(why(item, "leaving"));
    if (this.#ref !== undefined) this.#channel?.send(["produced", this.#ref]);
    this.lost();
    try {
      await this.#keeping.end();
      await this.#outbox.close();
    } catch (error) {
      this.#host.core.report(error);
    }
  }

  async #putAll(): Promise<void> {
    while (this.#coming.length > 0 && !this.#closed) {
      const batch = this.#coming.slice();
      let failure: unknown;
      try {
        await this.#outbox.put(batch.map(({ entry }) => entry));
        this.#items.push(...batch);
      } catch (error) {
        failure = error;
      }
      this.#coming.splice(0, batch.length);
      if (failure !== undefined) {
        this.#weigh(batch, -1);
        for (const item of batch) item.reject(notKept(item, failure));
      }
      this.#host.changed();
      this.wake();
    }
    this.#putting = false;
  }

  /** Asks the log how far it is, as of a new epoch. */
  async #ask(): Promise<void> {
    const channel = this.#channel!;
    this.#phase = "asking";
    // By chance, so that of two that have a copy of it one fences the other.
    const more = 1 + Math.floor(this.#host.core.runtime.random() * mostMore);
    this.#state = { ...this.#state, epoch: this.#state.epoch + more };
    const { epoch, confirmed, user } = this.#state;
    await this.#keeping.keep(0, this.#state);
    if (this.#closed || this.#channel !== channel) return;
    this.#ref = this.#host.register(this);
    this.#answers.asked();
    channel.send(["produce", this.#ref, this.#outbox.producer, epoch, confirmed, user ?? null]);
  }

  #send(): void {
    const channel = this.#channel;
    if (this.#closed || !channel || this.#phase !== "sending" || this.#cancelTimer) return;
    while (this.#flying < this.#items.length) {
      const item = this.#items[this.#flying]!;
      const full = this.#flying === appendsUnderWay || this.#flyingBytes + item.bytes > appendBytesUnderWay;
      if (full && this.#flying > 0) return;
      if (this.#flying >= this.#safe) {
        this.#makeSafe();
        return;
      }
      const text = item.text(this.#ref!, this.#state.first + this.#flying);
      if (text.length * 3 > channel.maxMessageBytes && utf8Bytes(text) + around > channel.maxMessageBytes) {
        // Those before it are decided first.
        if (this.#flying === 0) this.#drop(tooLarge(item, channel.maxMessageBytes));
        return;
      }
      try {
        channel.sendEncoded(text, ["append", this.#ref, this.#state.first + this.#flying]);
      } catch (error) {
        if (!(error instanceof OverflowError)) throw error;
        this.#later(firstWait);
        return;
      }
      this.#answers.asked();
      this.#flying += 1;
      this.#flyingBytes += item.bytes;
    }
  }

  /** Has it kept of all that is there that it may have been sent, before it is. */
  #makeSafe(): void {
    if (this.#soonSafe !== undefined) return;
    this.#soonSafe = this.#items.length;
    this.#state = { ...this.#state, sent: this.#items.length };
    void this.#keeping.keep(0, this.#state).then(() => {
      this.#safe = this.#soonSafe!;
      this.#soonSafe = undefined;
      this.#send();
    });
  }

  /** Whether an answer is about the first item, over this link. */
  #isAnswer(ref: number, sequence: number): boolean {
    return (
      this.#phase === "sending" && ref === this.#ref && this.#flying > 0 && sequence === this.#state.first
    );
  }

  /** It is never taken from this user, who is told so; what an earlier start has left stays, for nobody would be told of that. */
  #refuse(failure: Failure): void {
    if (this.#outbox.entries.length > 0 || this.#state.sent > 0) {
      this.#report(fromFailure(failure, "produce"), "It is tried again over the next connection.");
      this.#setAside();
      return;
    }
    this.#refusal = failure;
    this.#refuseAll(failure);
  }

  #refuseAll(failure: Failure): void {
    if (this.#items.length === 0) return;
    const gone = this.#take(this.#items.length);
    this.#letGo(gone, (item) => this.#fail(item, fromFailure(failure, item.entry.name)));
  }

  #setAside(): void {
    this.aside = true;
    this.#host.core.inspect?.({ type: "outbox.aside", entries: this.size });
    this.#host.setAside(this);
  }

  /** The first item is not for the log: those behind it move up, and are sent by their new numbers. */
  #drop(error: EventwireError): void {
    const gone = this.#take(1);
    this.#goBackTo(0);
    this.#pass(0);
    this.#phase = "waiting";
    this.#letGo(gone, (item) => this.#fail(item, error));
  }

  /** The first item is gone. @param more how far that brings the sequence. */
  #pass(more: number): void {
    const { first, sent } = this.#state;
    this.#attempts = 0;
    this.#agains = 0;
    this.#safe = Math.max(0, this.#safe - 1);
    if (this.#soonSafe !== undefined) this.#soonSafe = Math.max(0, this.#soonSafe - 1);
    this.#state = { ...this.#state, first: first + more, sent: Math.max(0, sent - 1) };
  }

  /** Goes on once it is kept that these are gone: those behind them would else be taken for them, after a restart. */
  #letGo(gone: readonly OutboxItem[], tell: (item: OutboxItem) => void): void {
    const channel = this.#channel;
    const ref = this.#ref;
    for (const item of gone) this.#going.add(item);
    this.#safe = Math.min(this.#safe, this.#state.sent);
    void this.#keeping.keep(gone.length, this.#state).then(() => {
      for (const item of gone) {
        this.#going.delete(item);
        if (!this.#closed) tell(item);
      }
      this.#host.changed();
      if (this.#channel !== channel || this.#ref !== ref || this.#phase !== "waiting") {
        this.wake();
        return;
      }
      this.#phase = "sending";
      this.#send();
    });
  }

  /** Takes out the first ones. */
  #take(count: number): readonly OutboxItem[] {
    const taken = this.#items.splice(0, count);
    this.#weigh(taken, -1);
    return taken;
  }

  #weigh(items: readonly OutboxItem[], sign: 1 | -1): void {
    for (const { bytes } of items) this.bytes += sign * bytes;
  }

  #goBackTo(index: number): void {
    this.#flying = index;
    this.#flyingBytes = 0;
    for (let before = 0; before < index; before++) this.#flyingBytes += this.#items[before]!.bytes;
  }

  #inLog(item: OutboxItem, offset: string | null, duplicate: boolean): void {
    const { id, name } = item.entry;
    const position = (offset ?? undefined) as Offset | undefined;
    this.#host.core.inspect?.({ type: "log.appended", id, name, offset: position });
    item.resolve({ id, offset: position, durability: this.#durability, duplicate });
  }

  #fail(item: OutboxItem, error: EventwireError): void {
    const { id, name } = item.entry;
    this.#host.core.inspect?.({ type: "outbox.failed", id, name, error });
    // Where it was left behind nobody waits for it.
    if (!item.reject(error)) this.#host.core.report(error);
  }

  #report(cause: Error, then = "It is tried again."): void {
    const why = `The server does not take what waits in the outbox: ${cause.message} ${then}`;
    this.#host.core.report(new UnavailableError(why, { cause }));
  }

  /** Nothing over this link is about it any more. */
  #leave(): void {
    if (this.#ref !== undefined) this.#host.forget(this.#ref);
    this.#ref = undefined;
    this.#goBackTo(0);
    this.#agains = 0;
    this.#answers.pause();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #later(milliseconds: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#host.core.runtime.timer(() => {
      this.#cancelTimer = undefined;
      this.wake();
    }, milliseconds);
  }
}

const undecided = new Error("it has asked for the same event again and again.");
const silent = new Error(`it has not answered for ${answerPatience / 1_000} s.`);
const restored = new Error("the log is not the one that it was sent to, or has forgotten this outbox");

function notKept({ entry: { name } }: OutboxItem, cause: unknown): EventwireError {
  if (cause instanceof OverflowError)
    return new OverflowError(`"${name}" was not emitted: ${cause.message}`, { name, cause });
  return new UnavailableError(
    `"${name}" was not emitted, for the outbox does not take it: ${describe(cause)}.`,
    {
      name,
      cause,
    },
  );
}

function tooLarge({ entry: { name }, bytes }: OutboxItem, most: number): EventwireError {
  return new OverflowError(`"${name}" takes ${bytes} bytes; the server takes messages of ${most}.`, { name });
}
