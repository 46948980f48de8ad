import { setTimeout as sleep } from "node:timers/promises";
import type { OpenOutbox, OutboxStore } from "@eventwire/core";
import type { Plant } from "./plants.js";

/** How late a bug has what is done let go of, in milliseconds. */
const late = 100;

export interface StoreWatching {
  readonly plant: Plant | undefined;
  /** Told the ids of what is kept, once it is. */
  kept(ids: readonly string[]): void;
}

/** The same store, with a bug if one is planted, which tells what it keeps. */
export function watchedStore(store: OutboxStore, { plant, kept }: StoreWatching): OutboxStore {
  const watched = (outbox: OpenOutbox): OpenOutbox => {
    const reused = plant === "session-reuse";
    return {
      producer: outbox.producer,
      // Who takes it is taken for who had it, and begins to count anew.
      state: reused ? { ...outbox.state, confirmed: 0, first: 1, sent: 0 } : outbox.state,
      entries: outbox.entries,
      async put(entries) {
        await outbox.put(entries);
        for (let from = 0; from < entries.length; from += atOnce) {
          kept(entries.slice(from, from + atOnce).map(({ body }) => idIn(body)));
        }
      },
      async advance(done, state) {
        if (reused) await sleep(late);
        await outbox.advance(done, state);
      },
      close: () => outbox.close(),
    };
  };
  return {
    durability: store.durability,
    open: async ({ left, signal }) =>
      watched(await store.open({ left: (other) => left(watched(other)), signal })),
  };
}

/** So many ids fit into a line. */
const atOnce = 100;

function idIn(body: string): string {
  return /"id":"([^"]*)"/.exec(body)?.[1] ?? body;
}
