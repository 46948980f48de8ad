import { sharedStores } from "./shared-stores.js";

/**
 * Time, chance and scheduling, as one port: nothing in Eventwire takes them from anywhere else, so that a test can put
 * a virtual clock under a whole system.
 */
export interface Runtime {
  /** Milliseconds since the Unix epoch; may stand still within one turn of the event loop. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /**
   * Runs `callback` once after `milliseconds`; the result cancels it. Until then it keeps a process alive: who awaits a
   * request must see its deadline come. One in the `background` does not, where the platform has processes.
   */
  timer(callback: () => void, milliseconds: number, background?: boolean): () => void;
  /** Runs `callback` when the current synchronous code has ended. */
  microtask(callback: () => void): void;
  /** Runs `callback` after the event loop had its turn. */
  macrotask(callback: () => void): void;
  /** A new store that carries a value through asynchronous work; `undefined` where the platform cannot, as in browsers. */
  asyncStore<Value>(): AsyncStore<Value> | undefined;
  /** A number of at least 0 and less than 1, as `Math.random` gives. */
  random(): number;
  /** At least 48 random bits, as lower-case letters and digits. */
  randomId(): string;
  /** Reports an error that nobody handles, as the platform reports uncaught errors: it may end the process. */
  uncaught(error: unknown): void;
  /** Writes an error that nobody handles where developers look, and goes on. */
  log(error: unknown): void;
}

/** What `AsyncLocalStorage` is on the platforms that have it. */
export interface AsyncStore<Value> {
  /** Runs `work`; what it does later, in callbacks and after an `await`, finds the value too. */
  run<Result>(value: Value, work: () => Result): Result;
  getStore(): Value | undefined;
}

/** The longest delay that timers take; a longer one would fire at once. */
const maxDelay = 2 ** 31 - 1;

/** The runtime of the platform: browsers, Node, Deno, Bun and workers. */
export const systemRuntime: Runtime = {
  now: turnTime(),
  monotonic: () => performance.now(),
  timer(callback, milliseconds, background = false) {
    const timer = setTimeout(callback, Math.min(milliseconds, maxDelay));
    if (background) (timer as { unref?(): void }).unref?.();
    return () => clearTimeout(timer);
  },
  microtask: (callback) => queueMicrotask(callback),
  macrotask(callback) {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate) setImmediate(callback);
    else {
      // Browsers clamp nested timers to 4 ms; a message port is not clamped.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        callback();
      };
      port2.postMessage(undefined);
    }
  },
  asyncStore: asyncStores(),
  random: () => Math.random(),
  randomId() {
    const [bits = 0n] = crypto.getRandomValues(new BigUint64Array(1));
    return bits.toString(36);
  },
  uncaught(error) {
    queueMicrotask(() => {
      throw error;
    });
  },
  log: (error) => console.error(error),
};

/** What Node, Deno and Bun have, and other platforms lack. */
interface Platform {
  readonly getBuiltinModule?: (
    name: "node:async_hooks",
  ) => { readonly AsyncLocalStorage: new () => AsyncStore<unknown> } | undefined;
}

/** Asks the platform when a store is first wanted. */
function asyncStores(): Runtime["asyncStore"] {
  let make: Runtime["asyncStore"] | undefined;
  return <Value>() => {
    if (!make) {
      const { process } = globalThis as { process?: Platform };
      const hooks = process?.getBuiltinModule?.("node:async_hooks");
      make = hooks ? sharedStores(new hooks.AsyncLocalStorage()) : () => undefined;
    }
    return make<Value>();
  };
}

/** Reads the clock once a turn: in a burst of emits a reading each would cost more than the emit itself. */
function turnTime(): () => number {
  const settled = Promise.resolve();
  let time = 0;
  const forget = () => {
    time = 0;
  };
  return () => {
    if (time === 0) {
      time = Date.now();
      settled.then(forget);
    }
    return time;
  };
}
