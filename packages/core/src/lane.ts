import { Backlog } from "./backlog.js";
import type { Delivery } from "./definition.js";
import type { Listener } from "./listeners.js";
import type { EventMessage } from "./message.js";

export interface LaneOptions {
  /** How many events are worked on at once. */
  readonly concurrency: number;
  readonly call: Listener["call"];
  readonly deliveryOf: (name: string) => Delivery;
  readonly failed: (message: EventMessage, error: unknown) => void;
  readonly missed: (count: number) => void;
}

/** Runs an asynchronous listener on a bounded number of events at once; the others wait in a backlog. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #backlog = new Backlog();
  #running = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  accept(message: EventMessage): void {
    if (this.#running < this.#options.concurrency) void this.#run(message);
    else this.#backlog.put(message, this.#options.deliveryOf(message.name));
  }

  stop(): void {
    this.#backlog.clear();
  }

  async #run(first: EventMessage): Promise<void> {
    this.#running += 1;
    for (let message: EventMessage | undefined = first; message; message = this.#next()) {
      try {
        await this.#options.call(message.data, message);
      } catch (error) {
        this.#options.failed(message, error);
      }
    }
    this.#running -= 1;
  }

  #next(): EventMessage | undefined {
    const { missed } = this.#backlog;
    if (missed > 0) {
      this.#backlog.missed = 0;
      this.#options.missed(missed);
    }
    return this.#backlog.take();
  }
}
