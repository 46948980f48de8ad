import type { OpenOutbox, OutboxStore, Runtime } from "@eventwire/core";

/** An outbox that ends with what holds it. */
export function memoryOutbox(runtime: Runtime): OutboxStore {
  return {
    durability: "memory",
    async open(): Promise<OpenOutbox> {
      return {
        producer: `${runtime.randomId()}${runtime.randomId()}`.slice(0, 64),
        state: { epoch: 0, confirmed: 0, first: 1, sent: 0, user: undefined },
        entries: [],
        async put() {
          // Who sends has them.
        },
        async advance() {
          // Nothing of it outlives who sends.
        },
        async close() {
          // Nothing is left.
        },
      };
    },
  };
}
