import type { AsyncStore, Runtime } from "@eventwire/queue";
import type { Chain } from "./cause.js";
import type { Side } from "./definition.js";
import type { Listener } from "./listeners.js";
import type { EventMessage } from "./message.js";
import { isThenable } from "./thenable.js";

/** Asynchronous work. What it does after it has settled is no longer its doing. */
interface Working {
  chain: Chain | undefined;
}

export interface AmbientHost {
  readonly runtime: Runtime;
  readonly side: Side;
  /** The event under way, where it is not delivered by {@link Ambient.delivering}. */
  readonly underWay: () => Chain | undefined;
  /** Told when work begins that is the cause of what is emitted meanwhile, and when there is none any more. */
  readonly onWorking: (working: boolean) => void;
}

/** Knows what leads to what is done now: the event under way, or the work of a handler, a worker or an async listener. */
export class Ambient {
  readonly #host: AmbientHost;
  #message: EventMessage | undefined;
  /** What runs inside of the event under way, or of nothing. */
  #inner: Chain | undefined;
  #working = 0;
  #store: AsyncStore<Working> | undefined;
  #storeAsked = false;
  readonly #carrying = new WeakSet<Listener>();
  /** The chain of that message, once somebody asked. */
  #chain: Chain | undefined;

  constructor(host: AmbientHost) {
    this.#host = host;
  }

  get chain(): Chain | undefined {
    if (this.#inner) return this.#inner;
    if (this.#message) {
      this.#chain ??= this.chainOf(this.#message);
      return this.#chain;
    }
    return this.#host.underWay() ?? (this.#working > 0 ? this.#store?.getStore()?.chain : undefined);
  }

  /** What a message leads to is caused by. */
  chainOf(message: EventMessage): Chain {
    return message.chain(message.peer !== undefined && this.#host.side === "server");
  }

  /** Runs `work`, which delivers a message. */
  delivering(message: EventMessage, work: () => void): void {
    const inner = this.#inner;
    const outer = this.#message;
    this.#inner = undefined;
    this.#message = message;
    this.#chain = undefined;
    try {
      work();
    } finally {
      this.#inner = inner;
      this.#message = outer;
      this.#chain = undefined;
    }
  }

  /** Runs `work` as the cause of what it does at once. */
  within<Result>(chain: Chain, work: () => Result): Result {
    const outer = this.#inner;
    this.#inner = chain;
    this.#begin();
    try {
      return work();
    } finally {
      this.#inner = outer;
      this.#end();
    }
  }

  /** Runs `work` as the cause of what it does, where the platform can tell also later, until its promise has settled. */
  causing<Result>(chain: Chain, work: () => Result): Result | Promise<Awaited<Result>> {
    const store = this.#asyncStore();
    if (!store) return this.within(chain, work);
    const working: Working = { chain };
    const result = this.within(chain, () => store.run(working, work));
    if (!isThenable(result)) return result;
    this.#begin();
    return Promise.resolve(result).finally(() => {
      working.chain = undefined;
      this.#end();
    });
  }

  /** A listener that is the cause of what it does after an `await` too; the same one where the platform cannot tell. */
  carrying(listener: Listener): Listener {
    if (this.#carrying.has(listener) || !this.#asyncStore()) return listener;
    const carrying: Listener = (data, message) =>
      this.causing(this.chainOf(message), () => listener(data, message));
    this.#carrying.add(carrying);
    return carrying;
  }

  /** Made when it is first needed: it slows all promises of a process. */
  #asyncStore(): AsyncStore<Working> | undefined {
    if (!this.#storeAsked) this.#store = this.#host.runtime.asyncStore();
    this.#storeAsked = true;
    return this.#store;
  }

  #begin(): void {
    this.#working += 1;
    if (this.#working === 1) this.#host.onWorking(true);
  }

  #end(): void {
    this.#working -= 1;
    if (this.#working === 0) this.#host.onWorking(false);
  }
}
