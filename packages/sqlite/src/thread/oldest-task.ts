import type { Database, Statement } from "./database.js";
import { blocked, ready, throttled } from "./task-states.js";

interface First {
  readonly priority: number;
  readonly time: number;
}

interface Time {
  readonly time: number | null;
}

/** How many priorities are looked at one by one; of more, all tasks are. */
const maxPriorities = 100;

/**
 * Finds when the oldest task of a name was enqueued that is due. Those that are ready lie in the order in which they came, for each
 * priority: so no index has to be kept for them.
 */
export class OldestTask {
  readonly #first: Statement<First>;
  readonly #next: Statement<First>;
  readonly #all: Statement<Time>;
  readonly #others: Statement<Time>;

  constructor(db: Database) {
    const first = (more: string) =>
      db.prepare<First>(
        `SELECT priority, time FROM tasks WHERE state = ${ready} AND name = ? ${more} ORDER BY priority DESC, place LIMIT 1`,
      );
    this.#first = first("");
    this.#next = first("AND priority < ?");
    this.#all = db.prepare(`SELECT min(time) AS time FROM tasks WHERE state = ${ready} AND name = ?`);
    const oldest = (where: string) => `SELECT min(time) AS time FROM tasks WHERE name = ?1 AND ${where}`;
    this.#others = db.prepare(
      `SELECT min(time) AS time FROM (${oldest(`state = ${blocked}`)} UNION ALL ${oldest(`state = ${throttled}`)})`,
    );
  }

  time(name: number): number | undefined {
    let time = this.#others.get(name)!.time ?? undefined;
    let first = this.#first.get(name);
    for (let count = 0; first; count++, first = this.#next.get(name, first.priority)) {
      if (count === maxPriorities) return earlier(time, this.#all.get(name)!.time ?? undefined);
      time = earlier(time, first.time);
    }
    return time;
  }
}

/** The earlier of two times, or the one that there is. */
export function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
