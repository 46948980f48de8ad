import type { AsyncStore, Runtime } from "@eventwire/queue";
import type { Chain } from "./cause.js";
import type { Side } from "./definition.js";
import type { Listener } from "./listeners.js";
import { EventMessage } from "./message.js";
import { isThenable } from "./thenable.js";

/** Asynchronous work. What it does after it has settled is no longer its doing. */
interface Working {
  chain: Chain | undefined;
}

export interface AmbientHost {
  readonly runtime: Runtime;
  readonly side: Side;
}

/** Knows what leads to what is done now: the event under way, or the work of a handler, a worker or an async listener. */
export class Ambient {
  readonly #host: AmbientHost;
  readonly #underWay: () => Chain | undefined;
  readonly #onWorking: (working: boolean) => void;
  /** What runs now: the message that is delivered, or once somebody asked, its chain. */
  #current: EventMessage | Chain | undefined;
  #working = 0;
  #store: AsyncStore<Working> | undefined;
  readonly #carrying = new WeakSet<Listener>();
  /** Handlers and workers that were seen to go on after they returned. */
  readonly #lasting = new WeakSet<object>();

  /**
   * @param underWay the event under way, where it is not delivered by {@link Ambient.within}.
   * @param onWorking told when work begins that is the cause of what is emitted meanwhile, and when there is none any more.
   */
  constructor(host: AmbientHost, underWay: () => Chain | undefined, onWorking: (working: boolean) => void) {
    this.#host = host;
    this.#underWay = underWay;
    this.#onWorking = onWorking;
  }

  /** Whether something runs that is known to be a cause. */
  get inside(): boolean {
    return this.#current !== undefined;
  }

  get chain(): Chain | undefined {
    if (this.#current instanceof EventMessage) this.#current = this.chainOf(this.#current);
    return this.#current ?? this.#underWay() ?? this.#store?.getStore()?.chain;
  }

  /** What a message leads to is caused by. */
  chainOf(message: EventMessage): Chain {
    return message.chain(message.peer !== undefined && this.#host.side === "server");
  }

  /** Runs `work` as what a message, or what is at the end of a chain, does at once. */
  within<Result>(cause: EventMessage | Chain, work: () => Result): Result {
    const outer = this.#current;
    this.#current = cause;
    this.#begin();
    try {
      return work();
    } finally {
      this.#current = outer;
      this.#end();
    }
  }

  /** Runs `work` on behalf of no asynchronous work: for what may be anybody's, and only happens to go on from here. */
  apart(work: () => void): void {
    if (this.#store) this.#store.run({ chain: undefined }, work);
    else work();
  }

  /**
   * Runs what a handler or a worker does as the cause of what it does, where the platform can tell also later, until its promise
   * has settled: of an async function from its first call on, and of another from when it has been seen to return a promise.
   */
  causingBy<Result>(handler: object, chain: Chain, work: () => Result): Result | Promise<Awaited<Result>> {
    if (isAsyncFunction(handler) || this.#lasting.has(handler)) return this.causing(chain, work);
    const result = this.within(chain, work);
    if (isThenable(result)) this.#lasting.add(handler);
    return result;
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
    this.#store ??= this.#host.runtime.asyncStore();
    return this.#store;
  }

  #begin(): void {
    this.#working += 1;
    if (this.#working === 1) this.#onWorking(true);
  }

  #end(): void {
    this.#working -= 1;
    if (this.#working === 0) this.#onWorking(false);
  }
}

/** Whether it goes on after an `await`, with what it emits then. Compiled to older forms it shows by its first promise. */
export function isAsyncFunction(callback: object): boolean {
  const tag = (callback as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag];
  return tag === "AsyncFunction" || tag === "AsyncGeneratorFunction";
}
