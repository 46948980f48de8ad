import type { Backlog } from "./backlog.js";
import type { Delivery } from "./definition.js";
import type { Listener } from "./listeners.js";
import type { EventMessage } from "./message.js";

export interface LaneOptions {
  /** How many events are worked on at once. */
  readonly concurrency: number;
  readonly call: Listener;
  /** Where the others wait. */
  readonly backlog: Backlog;
  readonly deliveryOf: (name: string) => Delivery;
  readonly failed: (message: EventMessage, error: unknown) => void;
}

/** Runs an asynchronous listener on a bounded number of events at once; the others wait in a backlog. */
export function lane(options: LaneOptions): Listener {
  const { concurrency, call, backlog, deliveryOf, failed } = options;
  let running = 0;
  const run = async (first: EventMessage) => {
    running += 1;
    for (let message: EventMessage | undefined = first; message; message = backlog.take()) {
      try {
        await call(message.data, message);
      } catch (error) {
        failed(message, error);
      }
    }
    running -= 1;
  };
  return (_, message) => {
    if (running < concurrency) void run(message);
    else backlog.put(message, deliveryOf(message.name));
  };
}
