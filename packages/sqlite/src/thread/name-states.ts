import type { Database, Statement } from "./database.js";

/** By the numbers of the states; of what is over no number is kept. */
const columns = ["ready", "delayed", "claimed", "blocked", "dead", "awaiting", "throttled"] as const;

/** What the file knows of a name's tasks: how many there are in each state, and whether and how they are held back. */
export type NameState = Readonly<Record<(typeof columns)[number] | "paused" | "limited", number>>;

const nothing: NameState = {
  ready: 0,
  delayed: 0,
  claimed: 0,
  blocked: 0,
  dead: 0,
  awaiting: 0,
  throttled: 0,
  paused: 0,
  limited: 0,
};

/** Reads how the tasks of a name stand. */
export function readsNameState(db: Database): (name: number) => NameState {
  const get = db.prepare<NameState>(
    `SELECT ${columns.join(", ")}, paused, limited FROM task_names WHERE name = ?`,
  );
  return (name) => get.get(name) ?? nothing;
}

/** Keeps how many tasks of each name are in which state. Used within a transaction, and settled at the end of each call. */
export class NameStates {
  readonly #read: (name: number) => NameState;
  readonly #add: Statement<unknown>;
  readonly #pause: Statement<unknown>;
  readonly #limit: Statement<unknown>;
  readonly #stored = new Map<number, NameState>();
  readonly #changes = new Map<number, number[]>();

  constructor(db: Database) {
    this.#read = readsNameState(db);
    const added = columns.map((column) => `${column} = ${column} + excluded.${column}`);
    this.#add = db.prepare(
      `INSERT INTO task_names (name, ${columns.join(", ")}) VALUES (?${", ?".repeat(columns.length)})
       ON CONFLICT (name) DO UPDATE SET ${added.join(", ")}`,
    );
    const set = (column: string) =>
      db.prepare(
        `INSERT INTO task_names (name, ${column}) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET ${column} = excluded.${column}`,
      );
    this.#pause = set("paused");
    this.#limit = set("limited");
  }

  /** Some go from one state to another; `undefined` is to be there no more, or not yet. */
  move(name: number, from: number | undefined, to: number | undefined, count = 1): void {
    let changes = this.#changes.get(name);
    if (!changes) {
      changes = columns.map(() => 0);
      this.#changes.set(name, changes);
    }
    if (from !== undefined && from < columns.length) changes[from]! -= count;
    if (to !== undefined && to < columns.length) changes[to]! += count;
  }

  /** How many of a name are in a state. */
  count(name: number, state: number): number {
    return this.#of(name)[columns[state]!] + (this.#changes.get(name)?.[state] ?? 0);
  }

  isPaused(name: number): boolean {
    return this.#of(name).paused !== 0;
  }

  /** Whether somebody was given less than there was, because so many are under way. */
  isLimited(name: number): boolean {
    return this.#of(name).limited !== 0;
  }

  pause(name: number, paused: boolean): void {
    this.#pause.run(name, Number(paused));
    this.#stored.delete(name);
  }

  limit(name: number, limited: boolean): void {
    if (limited === this.isLimited(name)) return;
    this.#limit.run(name, Number(limited));
    this.#stored.delete(name);
  }

  /** To be called at the end of each call: others may change what is stored. */
  settle(): void {
    for (const [name, changes] of this.#changes) {
      if (changes.some((change) => change !== 0)) this.#add.run(name, ...changes);
    }
    this.undo();
  }

  /** To be called where the call was undone. */
  undo(): void {
    this.#changes.clear();
    this.#stored.clear();
  }

  #of(name: number): NameState {
    let state = this.#stored.get(name);
    if (!state) {
      state = this.#read(name);
      this.#stored.set(name, state);
    }
    return state;
  }
}
