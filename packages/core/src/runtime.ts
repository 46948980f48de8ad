/**
 * Time, chance and scheduling, as one port: nothing in Eventwire takes them from anywhere else, so that a test can put
 * a virtual clock under a whole system.
 */
export interface Runtime {
  /** Milliseconds since the Unix epoch; may stand still within one turn of the event loop. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Runs `callback` once after `milliseconds`; the result cancels it. A timer does not keep a process alive. */
  timer(callback: () => void, milliseconds: number): () => void;
  /** Runs `callback` when the current synchronous code has ended. */
  microtask(callback: () => void): void;
  /** Runs `callback` after the event loop had its turn. */
  macrotask(callback: () => void): void;
  /** At least 48 random bits, as lower-case letters and digits. */
  randomId(): string;
  /** Reports an error that nobody handles, as the platform reports uncaught errors. */
  uncaught(error: unknown): void;
}

/** The runtime of the platform: browsers, Node, Deno, Bun and workers. */
export const systemRuntime: Runtime = {
  now: turnTime(),
  monotonic: () => performance.now(),
  timer(callback, milliseconds) {
    const timer: unknown = setTimeout(callback, Math.min(milliseconds, maxDelay));
    if (canUnref(timer)) timer.unref();
    return () => clearTimeout(timer as number);
  },
  microtask: (callback) => queueMicrotask(callback),
  macrotask: macrotask(),
  randomId() {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
    return high.toString(36) + low.toString(36);
  },
  uncaught(error) {
    if (typeof reportError === "function") reportError(error);
    else
      queueMicrotask(() => {
        throw error;
      });
  },
};

/** The longest delay that timers take; a longer one would fire at once. */
const maxDelay = 2 ** 31 - 1;

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

function canUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer;
}

function macrotask(): (callback: () => void) => void {
  const immediate = (globalThis as { setImmediate?: (callback: () => void) => void }).setImmediate;
  if (immediate) return (callback) => immediate(callback);
  // Browsers clamp nested timers to 4 ms; a message port is not clamped.
  const waiting: (() => void)[] = [];
  let channel: MessageChannel | undefined;
  return (callback) => {
    if (!channel) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => waiting.shift()?.();
    }
    waiting.push(callback);
    channel.port2.postMessage(undefined);
  };
}
