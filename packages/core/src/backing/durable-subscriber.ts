import { ClosedError } from "@eventwire/queue";
import type { Begun } from "../begun.js";
import { ListenerError } from "../errors/listener-error.js";
import type { Listener } from "../listeners.js";
import { isThenable } from "../thenable.js";
import type { Follow, Following, Sink, Source } from "./feed.js";
import { Lanes } from "./lanes.js";
import type { StoredMessage } from "./stored-message.js";
import type { Wish } from "./wish.js";

/** How many messages a listener has under way and waiting. */
const capacity = 256;

type SubscriberSource = Pick<Source, "core" | "progress">;

/** A listener of durable events that shares nothing with others. */
export class DurableSubscriber implements Begun, Sink {
  readonly ready: Promise<void>;
  readonly #source: SubscriberSource;
  readonly #wish: Wish;
  #call: Listener;
  readonly #lanes: Lanes<StoredMessage>;
  #feed: Following | undefined;
  #stopped = false;
  #failed = false;

  constructor(source: SubscriberSource, wish: Wish, follow: Follow, call: Listener) {
    this.#source = source;
    this.#wish = wish;
    this.#call = call;
    this.#lanes = new Lanes({
      concurrency: wish.concurrency,
      work: (message) => this.#work(message),
      after: () => undefined,
      onOver: () => this.#over(),
    });
    this.ready = follow(this).then((feed) => {
      this.#feed = feed;
      if (this.#stopped) feed.stop();
      else feed.resume();
    });
    this.ready.catch(() => this.stop());
  }

  get room(): number {
    return capacity - this.#lanes.held;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  put(message: StoredMessage): void {
    this.#lanes.put(message);
  }

  gap(...gap: Parameters<Wish["gap"]>): void {
    this.#wish.gap(...gap);
  }

  failed(error: unknown): void {
    this.#failed = true;
    this.#source.progress.made();
    // The end of a bus is no error to who listens.
    if (!(error instanceof ClosedError)) this.#source.core.report(error);
  }

  /** Whether it is done with all up to a place. */
  finished(number: number): boolean {
    if (this.#stopped) return true;
    const given = this.#failed || (this.#feed !== undefined && this.#feed.place >= number);
    return given && this.idle;
  }

  /** Whether it is done with all that came. */
  get idle(): boolean {
    return this.#stopped || this.#lanes.held === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#feed?.stop();
    this.#lanes.stop();
    this.#source.progress.made();
  }

  #work(message: StoredMessage): undefined | Promise<undefined> {
    const { core } = this.#source;
    if (message.flaw) return void core.report(message.flaw);
    const { ambient } = core.dispatcher;
    const call = this.#call;
    try {
      let result: unknown;
      ambient.within(message, () => {
        result = call(message.data, message);
      });
      if (!isThenable(result)) return undefined;
      this.#call = ambient.carrying(call);
      return Promise.resolve(result).then(nothing, (error: unknown) => this.#listenerFailed(message, error));
    } catch (error) {
      return this.#listenerFailed(message, error);
    }
  }

  #listenerFailed({ name, id, cause }: StoredMessage, error: unknown): undefined {
    this.#source.core.report(new ListenerError(name, id, error, cause));
  }

  #over(): void {
    // Not at once, so that a page is more than the one message that there is room for.
    if (this.room >= capacity / 2) this.#feed?.resume();
    this.#source.progress.made();
  }
}

function nothing(): undefined {
  return undefined;
}
