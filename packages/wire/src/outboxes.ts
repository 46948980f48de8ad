import {
  ClosedError,
  type EventwireError,
  type OpenOutbox,
  type OutboxStore,
  OverflowError,
  type Receipt,
  UnsupportedError,
} from "@eventwire/core";
import type { BusCore, EventMessage } from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import type { Failure } from "./failure.js";
import { memoryOutbox } from "./memory-outbox.js";
import { isBoundedKey } from "./message-shapes.js";
import { type Appends, maxKeyBytes, type ToOutbox } from "./messages.js";
import { type EndOf, OutboxItem, type StageOfItem } from "./outbox-item.js";
import type { OutboxOptions, OutboxStatus } from "./outbox-options.js";
import { OutboxSender, type OutboxSenderHost } from "./outbox-sender.js";
import { invalid } from "./refusal.js";

export interface OutboxesHost {
  readonly core: BusCore;
  readonly options: OutboxOptions;
  /** A number that no other message is answered by. */
  readonly nextRef: () => number;
  tell(status: OutboxStatus): void;
}

/** How many events may wait, and how many bytes of them, unless the application says otherwise. */
const defaultLimit = 1_000;
const defaultBytes = 8_000_000;

/** The outboxes of a client: the one that it emits into, and those that were left behind. */
export class Outboxes implements OutboxSenderHost {
  readonly core: BusCore;
  readonly resend: boolean;
  readonly #host: OutboxesHost;
  readonly #store: OutboxStore;
  readonly #limit: number;
  readonly #bytes: number;
  readonly #senders = new Set<OutboxSender>();
  readonly #byRef = new Map<number, OutboxSender>();
  /** What looks for those that others leave: the newest that was opened, and what is opening. */
  readonly #lookouts = new Set<AbortController>();
  #own: Promise<OutboxSender> | undefined;
  /** Of the link that there is, where its server takes durable events. */
  #link: readonly [channel: Channel, appends: Appends] | undefined;
  /** Whether there is one whose server takes none, and that is yet to be told. */
  #refusing = false;
  /** Whether it is known what was left behind: until then nothing is sent, for it may be what is to be sent first. */
  #opened = false;
  /** What waits for the outbox to open. */
  readonly #arriving = new Set<OutboxItem>();
  #idle: (() => void)[] = [];
  #why: EndOf | undefined;

  constructor(host: OutboxesHost) {
    const { core, options } = host;
    const {
      store = memoryOutbox(core.runtime),
      limit = defaultLimit,
      bytes = defaultBytes,
      resend = false,
    } = options;
    this.core = core;
    this.resend = resend;
    this.#host = host;
    this.#store = store;
    this.#limit = limit;
    this.#bytes = bytes;
  }

  /** Opens the one that is emitted into. Rejects with what the store does; the next emit tries it again. */
  open(): Promise<OutboxSender> {
    if (!this.#own) {
      const own = this.#open();
      this.#own = own;
      own.catch(() => {
        if (this.#own === own) this.#own = undefined;
      });
    }
    return this.#own;
  }

  async append({ id, name, key, time }: EventMessage, body: string): Promise<Receipt> {
    if (key !== undefined && !isBoundedKey(key)) throw invalid(name, `its key is over ${maxKeyBytes} bytes`);
    return new Promise((resolve, reject) => {
      const item = new OutboxItem({ id, name, time, body }, { resolve, reject });
      if (this.#why) throw this.#why(item, "outside");
      if (this.#arriving.size >= this.#limit) throw tooMany(name, `${this.#limit} events`);
      this.#arriving.add(item);
      this.#host.tell(this.#status());
      void this.#put(item);
    });
  }

  /** Resolves when nothing waits but what is another user's. */
  async idle(): Promise<void> {
    while (!this.#why && this.#busy) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  connect(channel: Channel, appends: Appends | undefined): void {
    this.#refusing = !appends;
    if (!appends) {
      if (this.#busy) this.#tellRefusal();
      return;
    }
    this.#link = [channel, appends];
    for (const sender of [...this.#senders]) sender.connect(channel, appends);
  }

  lost(): void {
    this.#refusing = false;
    this.#link = undefined;
    this.#byRef.clear();
    for (const sender of this.#senders) sender.lost();
  }

  receive(message: ToOutbox): void {
    const sender = this.#byRef.get(message[1]);
    switch (message[0]) {
      case "producing":
        sender?.producing(message);
        return;
      case "appended":
        sender?.appended(message);
        return;
      case "rejected":
        sender?.rejected(message);
        return;
      case "again":
        sender?.again(message);
    }
  }

  /** @returns whether it is about an outbox. */
  failed(ref: number, failure: Failure): boolean {
    const sender = this.#byRef.get(ref);
    sender?.failed(failure);
    return sender !== undefined;
  }

  /** The connection is closed for good, by an error or by the application: lets go of all of them. */
  async end(error: EventwireError): Promise<void> {
    const keeps = this.#store.durability !== "memory";
    const why: EndOf = ({ entry: { name } }, stage) =>
      error instanceof ClosedError ? closed(name, keeps, stage) : error;
    this.#why = why;
    this.#endLookouts(this.#lookouts);
    // What opens the outbox may hang.
    for (const item of this.#arriving) item.reject(why(item, "outside"));
    this.#arriving.clear();
    await Promise.all([...this.#senders].map((sender) => sender.end(why)));
    this.#tellIdle();
  }

  register(sender: OutboxSender): number {
    const ref = this.#host.nextRef();
    this.#byRef.set(ref, sender);
    return ref;
  }

  forget(ref: number): void {
    this.#byRef.delete(ref);
  }

  mayBegin(sender: OutboxSender): boolean {
    if (!this.#opened) return false;
    const { oldest = 0 } = sender;
    const senders = [...this.#senders];
    const place = senders.indexOf(sender);
    return senders.every((other, index) => {
      if (other === sender || other.passed) return true;
      const before = (other.oldest ?? 0) - oldest;
      return before > 0 || (before === 0 && index > place);
    });
  }

  changed(): void {
    this.#host.tell(this.#status());
    if (!this.#busy) this.#tellIdle();
    if (this.#why) return;
    void this.#letGoOfDone();
  }

  setAside(sender: OutboxSender): void {
    void this.#own?.then((own) => {
      // What is emitted from now on is the present user's.
      if (own === sender) this.#own = undefined;
      this.changed();
    });
  }

  async #put(item: OutboxItem): Promise<void> {
    try {
      const sender = await this.#present();
      if (!this.#arriving.delete(item)) return;
      this.#checkRoom(item);
      // Clocks are put back: what was emitted before stays the older one.
      item.notBefore(Math.max(...[...this.#senders].map(({ newest }) => newest)));
      sender.put(item);
      this.#tellRefusal();
    } catch (error) {
      item.reject(error);
    } finally {
      this.#arriving.delete(item);
      this.#host.tell(this.#status());
      this.#tellIdle();
    }
  }

  /** The one for what is emitted now: what waits in the one of before may be another user's, as long as the server has not said whose it is. */
  async #present(): Promise<OutboxSender> {
    for (;;) {
      const own = this.open();
      const sender = await own;
      if (!sender.mayBeOthers) return sender;
      if (this.#own === own) this.#own = undefined;
    }
  }

  async #open(): Promise<OutboxSender> {
    for (;;) {
      if (this.#why) throw new ClosedError("The outbox was not opened");
      const outbox = await this.#openNext();
      const own = this.#adopt(outbox);
      // What was left behind may be another user's, and is sent first: what is emitted now goes into one of its own.
      if (outbox.entries.length > 0) continue;
      this.#opened = true;
      for (const sender of this.#senders) sender.wake();
      return own;
    }
  }

  /** What was opened before looks for others no more: this does. */
  async #openNext(): Promise<OpenOutbox> {
    const before = [...this.#lookouts];
    const lookout = new AbortController();
    this.#lookouts.add(lookout);
    try {
      const outbox = await this.#store.open({
        left: (other) => this.#adopt(other),
        signal: lookout.signal,
        report: this.core.report,
      });
      this.#endLookouts(before);
      return outbox;
    } catch (error) {
      this.#endLookouts([lookout]);
      throw error;
    }
  }

  #endLookouts(lookouts: Iterable<AbortController>): void {
    for (const lookout of lookouts) {
      lookout.abort();
      this.#lookouts.delete(lookout);
    }
  }

  #adopt(outbox: OpenOutbox): OutboxSender {
    const sender = new OutboxSender(this, outbox);
    if (this.#why) {
      void sender.end(this.#why);
      return sender;
    }
    this.#senders.add(sender);
    this.core.inspect?.({ type: "outbox.opened", entries: sender.size });
    if (this.#link) sender.connect(...this.#link);
    this.changed();
    return sender;
  }

  /** Those that were left behind are forgotten when they are empty; others may have waited for that. */
  async #letGoOfDone(): Promise<void> {
    const opening = this.#own;
    const own = await opening?.catch(() => undefined);
    // Another one was opened meanwhile, and is empty because what it is for is on its way.
    if (opening !== this.#own) return this.#letGoOfDone();
    for (const sender of [...this.#senders]) {
      if (!sender.done || sender === own) continue;
      this.#senders.delete(sender);
      void sender.end(neverTold);
    }
    for (const sender of this.#senders) sender.wake();
  }

  get #busy(): boolean {
    return this.#arriving.size > 0 || [...this.#senders].some(({ aside, done }) => !aside && !done);
  }

  /** Once a link. */
  #tellRefusal(): void {
    if (!this.#refusing) return;
    this.#refusing = false;
    this.core.report(
      new UnsupportedError(
        "This server takes no durable events of clients, so they wait in the outbox. Serve with a release that does.",
      ),
    );
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #status(): OutboxStatus {
    return [...this.#arriving].reduce(
      (status, { bytes, entry }) => plus(status, 1, 1, bytes, entry.time),
      this.#waiting(),
    );
  }

  /** What waits in the outboxes. */
  #waiting(): OutboxStatus {
    let status = nothing;
    for (const { aside, bytes, oldest = Number.POSITIVE_INFINITY, saving, size } of this.#senders) {
      if (size === 0) continue;
      status = aside ? { ...status, aside: status.aside + size } : plus(status, size, saving, bytes, oldest);
    }
    return status;
  }

  /** @throws {OverflowError} when as much waits as may. */
  #checkRoom({ bytes, entry: { name } }: OutboxItem): void {
    const status = this.#waiting();
    const over =
      status.size + 1 > this.#limit
        ? `${this.#limit} events`
        : status.bytes + bytes > this.#bytes
          ? `${this.#bytes} bytes`
          : undefined;
    if (over !== undefined) throw tooMany(name, over);
  }
}

const nothing: OutboxStatus = { size: 0, saving: 0, bytes: 0, oldest: undefined, aside: 0 };

function plus(
  status: OutboxStatus,
  size: number,
  saving: number,
  bytes: number,
  oldest: number,
): OutboxStatus {
  return {
    ...status,
    size: status.size + size,
    saving: status.saving + saving,
    bytes: status.bytes + bytes,
    oldest: Math.min(status.oldest ?? oldest, oldest),
  };
}

function tooMany(name: string, over: string): OverflowError {
  return new OverflowError(
    `"${name}" was not emitted: over ${over} would wait in the outbox. Await receipts, or raise { outbox }.`,
    { name },
  );
}

function closed(name: string, keeps: boolean, stage: StageOfItem): ClosedError {
  return new ClosedError(`"${name}" ${keeps ? whereKept[stage] : inMemory[stage]}`, name);
}

const notSent = "was not sent";
const perhapsThere = "was not acknowledged by the log, and may be there";
const inMemory: Readonly<Record<StageOfItem, string>> = {
  outside: notSent,
  entering: notSent,
  inside: notSent,
  sent: perhapsThere,
  leaving: perhapsThere,
};
const whereKept: Readonly<Record<StageOfItem, string>> = {
  outside: notSent,
  entering: "was not sent, and may have been kept by the outbox, which then sends it when it is opened again",
  inside: "was not sent, and stays in the outbox that keeps it",
  sent: "was not acknowledged by the log, and stays in the outbox that keeps it",
  leaving: perhapsThere,
};

const neverTold: EndOf = (item): EventwireError => {
  throw new Error(`${item.entry.name} was left in an outbox that is empty.`);
};
