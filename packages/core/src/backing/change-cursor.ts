import type { Store } from "./store.js";

/** How long to wait for whoever holds it, in milliseconds. */
const busy = 50;

export interface CursorChange {
  /** What it is for, in a report of the broker's failure. */
  readonly what: string;
  readonly cursor: string;
  readonly owner: string;
  /** For how long the cursor is held while it is read and written, in milliseconds. */
  readonly lease: number;
}

/**
 * Holds a cursor for a moment, and stores what `change` makes of its state; lets it go as it is where that is nothing. Waits for
 * who holds it, and begins again where another has taken it meanwhile. Rejects with what `change` throws.
 */
export async function changeCursor(
  store: Store,
  { what, cursor, owner, lease }: CursorChange,
  change: (state: Uint8Array | undefined) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
): Promise<void> {
  const { log, pauses, runtime } = store;
  for (;;) {
    const held = await store.insist(what, () => log.acquire(cursor, owner, lease));
    if (held) {
      const save = (state?: Uint8Array) => store.insist(what, () => log.save(cursor, held.token, state, 0));
      let state: Uint8Array | undefined;
      try {
        state = await change(held.state);
      } catch (error) {
        await save();
        throw error;
      }
      if (await save(state)) return;
    }
    await pauses.pause(busy * (1 + runtime.random()));
  }
}
