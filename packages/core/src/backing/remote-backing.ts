import type { DurableEvents, DurableOptions } from "../backing.js";
import type { Begun } from "../begun.js";
import type { BusCore, Uplink } from "../bus-core.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import type { Listener } from "../listeners.js";
import type { Position, Since } from "../since.js";
import type { Topic } from "../topic.js";
import { DurableIterator } from "./durable-iterator.js";
import { DurableSubscriber } from "./durable-subscriber.js";
import type { Follow } from "./feed.js";
import { Progress } from "./progress.js";
import { foundSince } from "./start.js";
import { type Wish, wishOf } from "./wish.js";

/** Listens to durable events whose log is across a link. */
export class RemoteBacking {
  readonly #core: BusCore;
  readonly #uplink: Uplink;
  readonly #progress = new Progress();
  readonly #subscribers = new Set<DurableSubscriber>();
  readonly #iterators = new Set<DurableIterator>();

  constructor(core: BusCore, uplink: Uplink) {
    this.#core = core;
    this.#uplink = uplink;
  }

  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Listener): Begun {
    if (options.group !== undefined) {
      const ready = Promise.reject(
        new UnsupportedError(`"${pattern}" is for a group, which a client cannot be a member of yet.`, {
          name: pattern,
        }),
      );
      return { ready, stop: () => undefined };
    }
    const wish = wishOf(this.#core, pattern, topics, options);
    const source = { core: this.#core, progress: this.#progress };
    const subscriber = new DurableSubscriber(source, wish, this.#follow(wish, options.since), call);
    this.#subscribers.add(subscriber);
    return {
      ready: subscriber.ready,
      stop: () => {
        this.#subscribers.delete(subscriber);
        subscriber.stop();
      },
    };
  }

  iterate(topic: Topic, options: DurableOptions): DurableEvents {
    const { signal, since } = options;
    const wish = wishOf(this.#core, topic.name, [topic], options);
    const end = () => iterator.end();
    const iterator = new DurableIterator(this.#core.report, wish, this.#follow(wish, since), () => {
      this.#iterators.delete(iterator);
      signal?.removeEventListener("abort", end);
    });
    this.#iterators.add(iterator);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    return iterator;
  }

  /** Resolves when listeners have done all that came. */
  drain(): Promise<void> {
    return this.#progress.until(() => [...this.#subscribers].every(({ idle }) => idle));
  }

  close(): void {
    for (const subscriber of this.#subscribers) subscriber.stop();
    for (const iterator of this.#iterators) iterator.end();
  }

  #follow({ names, key }: Wish, since: Since | undefined): Follow {
    return async (sink) => {
      const position: Position = typeof since === "function" ? await foundSince(since) : (since ?? "now");
      return this.#uplink.follow({ names, key, since: position }, sink);
    };
  }
}
