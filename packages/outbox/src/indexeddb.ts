import type { OutboxStore } from "@eventwire/core";
import { DatabaseSession } from "./indexeddb/database-session.js";
import { missing } from "./indexeddb/failures.js";

export interface IndexedDbOptions {
  /**
   * What is waited for before something counts as kept: `"relaxed"`, that the browser has given it to the operating system, which
   * survives the end of the page and of the browser; `"strict"`, that it is on the disk, which takes some milliseconds longer and
   * survives a loss of power. Default `"relaxed"`.
   */
  readonly durability?: "relaxed" | "strict" | undefined;
}

/**
 * Keeps the durable events that a page or a worker emits in IndexedDB, until the server has them: they survive a reload, a closed tab
 * and a crash. Each tab has an outbox of its own; one whose page is gone is taken by the next page, or by another tab that is open.
 *
 * Opening rejects with an `OutboxUnavailableError` where there is no IndexedDB or there are no Web Locks, as on a page that is not
 * secure, or where the database is blocked, or a newer version's; writing with an `OverflowError` where the browser gives no more room.
 *
 * @param name tells it from other outboxes of the same origin: one for each application, and for each server that it connects to.
 *
 * @example
 * ```ts
 * const bus = connect(airspace, url, { outbox: { store: indexedDb("desk") } });
 * ```
 */
export function indexedDb(name: string, { durability = "relaxed" }: IndexedDbOptions = {}): OutboxStore {
  return {
    durability: durability === "strict" ? "power" : "process",
    async open({ left, signal }) {
      const { navigator } = globalThis as { readonly navigator?: { readonly locks?: LockManager } };
      const locks = navigator?.locks;
      if (!locks)
        throw missing("Without Web Locks tabs cannot tell whose an outbox is. Serve the page over HTTPS");
      return new DatabaseSession(`eventwire-outbox/${name}`, locks, left, signal).open(durability);
    },
  };
}
