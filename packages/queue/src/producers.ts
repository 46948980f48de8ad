import { AbortedError } from "./errors/aborted-error.js";
import { ClosedError } from "./errors/closed-error.js";
import type { Offer } from "./offer.js";
import { type Linked, Order } from "./order.js";

interface Producer<Data> extends Linked<Producer<Data>> {
  readonly id: number;
  readonly offer: Offer<Data>;
  readonly admit: () => void;
  readonly refuse: (error: unknown) => void;
  waiting: boolean;
}

/** Offers that wait for room, let in in the order in which they came. */
export class Producers<Data> {
  readonly #name: string;
  #waiting = new Order<Producer<Data>>(() => 0);
  #ids = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#waiting.length;
  }

  wait(offer: Offer<Data>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const { signal } = offer;
      const abort = () => {
        producer.waiting = false;
        this.#waiting.left();
        reject(new AbortedError(this.#name, signal?.reason, `An offer to "${this.#name}"`));
      };
      const end = () => {
        producer.waiting = false;
        signal?.removeEventListener("abort", abort);
      };
      const producer: Producer<Data> = {
        id: this.#ids++,
        next: undefined,
        offer,
        waiting: true,
        admit: () => {
          end();
          resolve(true);
        },
        refuse: (error) => {
          end();
          reject(error);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(producer);
    });
  }

  /** Lets the next one in. */
  admit(): Offer<Data> | undefined {
    const producer = this.#waiting.shift();
    producer?.admit();
    return producer?.offer;
  }

  /** Refuses all, because the queue was closed. */
  close(): void {
    const waiting = [...this.#waiting];
    this.#waiting = new Order<Producer<Data>>(() => 0);
    for (const { refuse } of waiting) {
      refuse(new ClosedError(`"${this.#name}" was not offered an entry`, this.#name, "queue"));
    }
  }
}
