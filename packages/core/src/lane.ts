import type { Backlog } from "./backlog.js";
import type { Delivery } from "./definition.js";
import type { Listener } from "./listeners.js";
import type { EventMessage } from "./message.js";

export interface LaneOptions {
  /** How many events are worked on at once. */
  readonly concurrency: number;
  readonly call: Listener["call"];
  /** Where the others wait. */
  readonly backlog: Backlog;
  readonly deliveryOf: (name: string) => Delivery;
  readonly failed: (message: EventMessage, error: unknown) => void;
}

/** Runs an asynchronous listener on a bounded number of events at once; the others wait in a backlog. */
export class Lane {
  readonly #options: LaneOptions;
  #running = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  accept(message: EventMessage): void {
    if (this.#running < this.#options.concurrency) void this.#run(message);
    else this.#options.backlog.put(message, this.#options.deliveryOf(message.name));
  }

  stop(): void {
    this.#options.backlog.clear();
  }

  async #run(first: EventMessage): Promise<void> {
    this.#running += 1;
    for (let message: EventMessage | undefined = first; message; message = this.#options.backlog.take()) {
      try {
        await this.#options.call(message.data, message);
      } catch (error) {
        this.#options.failed(message, error);
      }
    }
    this.#running -= 1;
  }
}
