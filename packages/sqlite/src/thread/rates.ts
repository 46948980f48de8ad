import type { TaskLimit } from "@eventwire/core";
import type { Database, Statement } from "./database.js";

export type Rate = NonNullable<TaskLimit["rate"]>;

interface Bucket {
  tokens: number;
  changed: boolean;
}

interface Row {
  readonly tokens: number;
  readonly time: number;
}

/** How many that are full again are forgotten at once. */
const sweep = 64;
/** Of a token, so that what rounding took counts. */
const tolerance = 1e-9;
const ofName = new Uint8Array();

/**
 * How many may begin: a bucket for each name or key, which holds `count` tokens and gains so many in `per` milliseconds. One that is
 * full is not kept. Used within a transaction, and settled at the end of each call.
 */
export class Rates {
  readonly #get: Statement<Row>;
  readonly #set: Statement<unknown>;
  readonly #sweep: Statement<unknown>;
  readonly #buckets = new Map<string, { readonly bucket: Bucket; readonly save: () => void }>();

  constructor(db: Database) {
    this.#get = db.prepare(`SELECT tokens, time FROM task_rates WHERE name = ? AND "key" = ?`);
    this.#set = db.prepare(
      `INSERT INTO task_rates (name, "key", tokens, time, "full") VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET tokens = excluded.tokens, time = excluded.time, "full" = excluded."full"`,
    );
    this.#sweep = db.prepare(
      `DELETE FROM task_rates WHERE (name, "key") IN (SELECT name, "key" FROM task_rates WHERE "full" <= ? LIMIT ${sweep})`,
    );
  }

  /** Takes a token where there is one; what has no key needs none of its key's. @returns when there will be one, where there is none. */
  take(name: number, key: Uint8Array | null, rate: Rate, now: number): number | undefined {
    if (rate.by === "key" && key === null) return undefined;
    const bucket = this.#of(name, rate.by === "key" ? key! : ofName, rate, now);
    if (bucket.tokens + tolerance < 1) {
      return now + Math.max(1, Math.ceil(((1 - bucket.tokens) * rate.per) / rate.count - tolerance));
    }
    bucket.tokens -= 1;
    bucket.changed = true;
    return undefined;
  }

  settle(now: number): void {
    if (this.#buckets.size === 0) return;
    for (const { bucket, save } of this.#buckets.values()) if (bucket.changed) save();
    this.#buckets.clear();
    this.#sweep.run(now);
  }

  undo(): void {
    this.#buckets.clear();
  }

  #of(name: number, key: Uint8Array, { count, per }: Rate, now: number): Bucket {
    const index = `${name}:${Buffer.from(key).toString("latin1")}`;
    const known = this.#buckets.get(index);
    if (known) return known.bucket;
    const row = this.#get.get(name, key);
    const gained = row ? (Math.max(0, now - row.time) * count) / per : 0;
    const tokens = row ? Math.min(count, row.tokens + gained) : count;
    // By a clock that was put back nothing is gained, and from now on it counts.
    const bucket = { tokens, changed: row !== undefined && row.time > now };
    const save = () =>
      void this.#set.run(name, key, bucket.tokens, now, now + ((count - bucket.tokens) * per) / count);
    this.#buckets.set(index, { bucket, save });
    return bucket;
  }
}
