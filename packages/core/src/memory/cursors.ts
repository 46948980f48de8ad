import type { Runtime } from "@eventwire/queue";
import type { CursorSave, HeldCursor } from "../broker.js";

interface Cursor {
  owner: string | undefined;
  token: number;
  until: number;
  state: Uint8Array | undefined;
}

/** Named cursors under leases: who takes one over gets a larger token, and fences who held it before. */
export class Cursors {
  readonly #runtime: Runtime;
  readonly #cursors = new Map<string, Cursor>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  acquire(name: string, owner: string, lease: number): HeldCursor | undefined {
    const now = this.#runtime.monotonic();
    let cursor = this.#cursors.get(name);
    if (!cursor) {
      cursor = { owner: undefined, token: 0, until: 0, state: undefined };
      this.#cursors.set(name, cursor);
    }
    if (cursor.owner !== undefined && cursor.owner !== owner && cursor.until > now) return undefined;
    cursor.owner = owner;
    cursor.token += 1;
    cursor.until = now + lease;
    return { token: cursor.token, state: cursor.state };
  }

  save(name: string, token: number, state: Uint8Array | undefined, lease: number): boolean {
    const cursor = this.#heldBy(name, token);
    if (!cursor) return false;
    if (state) cursor.state = state;
    cursor.until = this.#runtime.monotonic() + lease;
    if (lease === 0) cursor.owner = undefined;
    return true;
  }

  peek(name: string): Uint8Array | undefined {
    return this.#cursors.get(name)?.state;
  }

  /** The first of them that would be false, where they are saved in this order. */
  firstLost(saves: readonly CursorSave[]): CursorSave | undefined {
    const released = new Set<string>();
    return saves.find(({ cursor, token, lease }) => {
      if (released.has(cursor) || !this.#heldBy(cursor, token)) return true;
      if (lease === 0) released.add(cursor);
      return false;
    });
  }

  #heldBy(name: string, token: number): Cursor | undefined {
    const cursor = this.#cursors.get(name);
    return cursor?.owner !== undefined && cursor.token === token ? cursor : undefined;
  }
}
