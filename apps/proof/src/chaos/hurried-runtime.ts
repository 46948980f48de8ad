import { type Runtime, systemRuntime } from "@eventwire/core";

/** How much faster time passes than elsewhere: a lease of 30 s is over in 1.5 s. */
export const speed = 20;

/** How Socket.IO notices that a connection is gone without a word, in milliseconds: it is not in a hurry. */
export const heartbeat = { pingInterval: 500, pingTimeout: 1_000 } as const;

/** What all processes of a machine call now, as none can set it, in milliseconds. */
export function commonTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The platform's runtime, in a hurry. @param since the time from which on it is, in milliseconds since the Unix epoch. */
export function hurriedRuntime(since: number): Runtime {
  return {
    ...systemRuntime,
    now: () => since + (Date.now() - since) * speed,
    monotonic: () => performance.now() * speed,
    timer: (callback, milliseconds, background) =>
      systemRuntime.timer(callback, milliseconds / speed, background),
  };
}
