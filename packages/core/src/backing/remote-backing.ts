import type { DurableEvents, DurableOptions } from "../backing.js";
import type { Begun } from "../begun.js";
import type { BusCore, GroupWorker, Membership, Uplink } from "../bus-core.js";
import type { Listener } from "../listeners.js";
import type { Position, Since } from "../since.js";
import type { Topic } from "../topic.js";
import { DurableIterator } from "./durable-iterator.js";
import { DurableSubscriber } from "./durable-subscriber.js";
import type { Follow } from "./feed.js";
import { type GroupWish, groupOf } from "./group-options.js";
import { Progress } from "./progress.js";
import { RemoteMember } from "./remote-member.js";
import { foundSince } from "./start.js";
import { type Wish, wishOf } from "./wish.js";

/** Listens to durable events whose log is across a link. */
export class RemoteBacking {
  readonly #core: BusCore;
  readonly #uplink: Uplink;
  readonly #progress = new Progress();
  readonly #subscribers = new Set<DurableSubscriber>();
  readonly #members = new Set<RemoteMember>();
  readonly #iterators = new Set<DurableIterator>();

  constructor(core: BusCore, uplink: Uplink) {
    this.#core = core;
    this.#uplink = uplink;
  }

  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Listener): Begun {
    const wish = wishOf(this.#core, pattern, topics, options);
    const source = { core: this.#core, progress: this.#progress };
    const { group, since } = options;
    if (group !== undefined) {
      const shared: GroupWish = { ...wish, ...groupOf(group, options), pattern };
      for (const member of this.#members) if (member.stopped && member.idle) this.#members.delete(member);
      const member = new RemoteMember(source, shared, this.#join(shared, since), call);
      this.#members.add(member);
      return member;
    }
    const subscriber = new DurableSubscriber(source, wish, this.#follow(wish, since), call);
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

  /** Resolves when listeners have done all that came. Members are given nothing more. */
  drain(): Promise<void> {
    for (const member of this.#members) member.stop();
    return this.#progress.until(() => [...this.#subscribers, ...this.#members].every(({ idle }) => idle));
  }

  close(): void {
    for (const listener of [...this.#subscribers, ...this.#members]) listener.stop();
    for (const iterator of this.#iterators) iterator.end();
  }

  #follow({ names, key }: Wish, since: Since | undefined): Follow {
    return async (sink) => this.#uplink.follow({ names, key, since: await positionOf(since) }, sink);
  }

  #join(wish: GroupWish, since: Since | undefined): (worker: GroupWorker) => Promise<Membership> {
    return async (worker) => this.#uplink.join({ ...wish, since: await positionOf(since) }, worker);
  }
}

async function positionOf(since: Since | undefined): Promise<Position> {
  return typeof since === "function" ? foundSince(since) : (since ?? "now");
}
