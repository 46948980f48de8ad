import {
  type EventwireError,
  MisuseError,
  type Receipt,
  type Subscription,
  UnavailableError,
} from "@eventwire/core";
import { type BusCore, describe, type EventMessage, validate } from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import type { Failure } from "./failure.js";
import type { Appends, ToOutbox } from "./messages.js";
import type { Outbox, OutboxOptions, OutboxStatus } from "./outbox-options.js";
import type { Outboxes } from "./outboxes.js";
import { Watched } from "./watched.js";

const empty: OutboxStatus = { size: 0, saving: 0, bytes: 0, oldest: undefined, aside: 0 };

/** The way of a client's durable events to its server's log. What sends them is loaded with the first, or where some may have been left. */
export class ClientOutbox implements Outbox {
  readonly #core: BusCore;
  readonly #options: OutboxOptions;
  readonly #nextRef: () => number;
  readonly #watched: Watched<OutboxStatus>;
  #outboxes: Outboxes | undefined;
  #loading: Promise<Outboxes> | undefined;
  /** The link that there is, and as whose its server takes durable events. */
  #link: readonly [channel: Channel, appends: Appends | undefined] | undefined;
  #end: { readonly error: EventwireError; readonly done: Promise<void> } | undefined;

  /** @throws {MisuseError} when a limit is none. */
  constructor(core: BusCore, options: OutboxOptions = {}, nextRef: () => number) {
    const { bytes = 1, limit = 1 } = options;
    if (!(bytes >= 1) || !(limit >= 1)) {
      throw new MisuseError(
        `outbox.limit and outbox.bytes must be at least 1; they are ${limit} and ${bytes}.`,
      );
    }
    this.#core = core;
    this.#options = options;
    this.#nextRef = nextRef;
    this.#watched = new Watched(empty, core.report);
    this.#openKept();
  }

  get size(): number {
    return this.#watched.current.size;
  }

  get saving(): number {
    return this.#watched.current.saving;
  }

  get bytes(): number {
    return this.#watched.current.bytes;
  }

  get oldest(): number | undefined {
    return this.#watched.current.oldest;
  }

  get aside(): number {
    return this.#watched.current.aside;
  }

  watch(
    listener: (status: OutboxStatus) => void,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Subscription {
    return this.#watched.watch(listener, signal);
  }

  /** Rejects at once with what its schema has against it. */
  async append(message: EventMessage, body: string): Promise<Receipt> {
    const { name } = message;
    validate(this.#core.topics.get(name)!.definition.schema, name, message.data);
    const outboxes = await this.#load().catch((cause: unknown) => {
      throw new UnavailableError(`"${name}" was not emitted: the outbox was not loaded: ${describe(cause)}`, {
        name,
        cause,
      });
    });
    return outboxes.append(message, body);
  }

  /** Resolves when nothing waits but what is another user's. */
  async appended(): Promise<void> {
    const outboxes = await this.#loading?.catch(() => undefined);
    await outboxes?.idle();
  }

  connect(channel: Channel, appends: Appends | undefined): void {
    this.#link = [channel, appends];
    this.#outboxes?.connect(channel, appends);
    this.#openKept();
  }

  lost(): void {
    this.#link = undefined;
    this.#outboxes?.lost();
  }

  receive(message: ToOutbox): void {
    this.#outboxes?.receive(message);
  }

  /** @returns whether it is about an outbox. */
  failed(ref: number, failure: Failure): boolean {
    return this.#outboxes?.failed(ref, failure) === true;
  }

  /** The connection is closed for good, by an error or by the application. Resolves when the store was let go of. */
  end(error: EventwireError): Promise<void> {
    this.#end ??= { error, done: this.#outboxes?.end(error) ?? Promise.resolve() };
    return this.#end.done;
  }

  /** Opens what may have been left behind. */
  #openKept(): void {
    if ((this.#options.store?.durability ?? "memory") === "memory") return;
    this.#load()
      .then((outboxes) => outboxes.open())
      .catch((error: unknown) => {
        if (!this.#end) this.#core.report(error);
      });
  }

  #load(): Promise<Outboxes> {
    if (!this.#loading) {
      this.#loading = import("./outboxes.js").then(({ Outboxes }) => this.#loaded(Outboxes));
      this.#loading.catch(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading;
  }

  #loaded(Outboxes_: typeof Outboxes): Outboxes {
    const outboxes = new Outboxes_({
      core: this.#core,
      options: this.#options,
      nextRef: this.#nextRef,
      tell: (status) => this.#become(status),
    });
    this.#outboxes = outboxes;
    if (this.#link) outboxes.connect(...this.#link);
    if (this.#end) void outboxes.end(this.#end.error);
    return outboxes;
  }

  #become(status: OutboxStatus): void {
    const { current } = this.#watched;
    const isSame = (Object.keys(empty) as (keyof OutboxStatus)[]).every(
      (key) => status[key] === current[key],
    );
    if (!isSame) this.#watched.set(status);
  }
}
