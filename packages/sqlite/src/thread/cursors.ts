import type { HeldCursor } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import { bytesOf, textOf } from "./text.js";

interface Cursor {
  readonly owner: Uint8Array | null;
  readonly token: number;
  /** When the lease ends, in milliseconds since the Unix epoch, and how long it was. */
  readonly until: number;
  readonly lease: number;
  readonly state: Uint8Array | null;
}

/** Named cursors under leases: who takes one over gets a larger token, and fences who held it before. */
export class Cursors {
  readonly #get: Statement<Cursor>;
  readonly #take: Statement<unknown>;
  readonly #extend: Statement<unknown>;
  readonly #save: Statement<unknown>;

  constructor(db: Database) {
    this.#get = db.prepare("SELECT owner, token, until, lease, state FROM cursors WHERE name = ?");
    this.#take = db.prepare(
      `INSERT INTO cursors VALUES (?, ?, 1, ?, ?, NULL) ON CONFLICT DO UPDATE
       SET owner = excluded.owner, token = token + 1, until = excluded.until, lease = excluded.lease`,
    );
    this.#extend = db.prepare("UPDATE cursors SET until = ? WHERE name = ?");
    this.#save = db.prepare(
      `UPDATE cursors SET owner = iif(?4 = 0, NULL, owner), until = ?3, lease = ?4, state = coalesce(?5, state)
       WHERE name = ?1 AND token = ?2 AND owner IS NOT NULL`,
    );
  }

  acquire(name: string, owner: string, lease: number, now: number): HeldCursor | undefined {
    const cursor = this.#get.get(bytesOf(name));
    const isAnothers = cursor?.owner && textOf(cursor.owner) !== owner;
    if (isAnothers && this.#holds(name, cursor, now)) return undefined;
    this.#take.run(bytesOf(name), bytesOf(owner), endOf(now, lease), durationOf(lease));
    return { token: (cursor?.token ?? 0) + 1, state: cursor?.state ?? undefined };
  }

  save(name: string, token: number, state: Uint8Array | undefined, lease: number, now: number): boolean {
    const { changes } = this.#save.run(
      bytesOf(name),
      token,
      endOf(now, lease),
      durationOf(lease),
      state ? bound(state) : null,
    );
    return Number(changes) === 1;
  }

  /** A clock that was put back makes a lease no longer than it is: from the time that is now it holds once more, and ends. */
  #holds(name: string, { until, lease }: Cursor, now: number): boolean {
    if (until > now + lease) this.#extend.run(Math.ceil(now + lease), bytesOf(name));
    return until > now;
  }
}

/** Empty bytes that came from another thread have no memory, which Node 22 binds as NULL. */
function bound(bytes: Uint8Array): Uint8Array {
  return bytes.length > 0 ? bytes : Buffer.alloc(0);
}

function endOf(now: number, lease: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(now + lease));
}

function durationOf(lease: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(lease));
}
