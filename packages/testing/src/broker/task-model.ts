import type {
  DeadTask,
  NewTask,
  Settlement,
  TaskCounts,
  TaskLimit,
  TaskQuery,
  TaskState,
} from "@eventwire/core";

type State = TaskState["state"];

/** A task in a list. */
interface Item {
  readonly task: NewTask;
  state: Exclude<State, "delayed">;
  /** Whether it holds its key: under way, or to be tried again. */
  holds: boolean;
  attempt: number;
  token: number;
  due: number;
  until: number;
  progress: Uint8Array | undefined;
  result: Uint8Array | undefined;
  reason: string | undefined;
  diedAt: number;
  /** Of what is over: until when it is kept. */
  keptUntil: number;
  /** Those that it waits for. */
  readonly before: Set<Item>;
}

/** The reason of what has died with what it was to come after. */
export const withAnother = "with another";

export interface ModelClaim {
  readonly id: string;
  readonly attempt: number;
  readonly token: number;
}

/** What tasks are, as plainly as it can be said: a list, of which everything is looked through each time. Ids are known for good. */
export class TaskModel {
  readonly #now: () => number;
  readonly #window: number;
  #items: Item[] = [];
  readonly #known = new Set<string>();
  readonly #paused = new Set<string>();
  /** When the next would be claimed if they came evenly, by name, or name and key. */
  readonly #expected = new Map<string, number>();
  #token = 0;

  /** @param window for how long it is known of those that were cancelled at least, in milliseconds. */
  constructor(now: () => number, window: number) {
    this.#now = now;
    this.#window = window;
  }

  /** @returns whether each is a duplicate; nothing where the batch is invalid. */
  enqueue(batch: readonly NewTask[]): readonly boolean[] | undefined {
    if (!this.accepts(batch)) return undefined;
    return batch.map((task) => {
      if (this.#known.has(task.id)) return true;
      this.#known.add(task.id);
      const others = (task.after ?? []).flatMap((id) => this.#kept().filter(({ task }) => task.id === id));
      const before = others.filter(({ state }) => state !== "done");
      const item: Item = {
        ...{
          task,
          state: "waiting",
          holds: false,
          attempt: 0,
          token: 0,
          due: task.dueAt ?? this.#now(),
          until: 0,
        },
        ...{ progress: undefined, result: undefined, reason: undefined, diedAt: 0, keptUntil: Infinity },
        before: new Set(before),
      };
      this.#items.push(item);
      const lost = before.some(isLost);
      if (lost) this.#die(item, withAnother);
      else if (before.length > 0) item.state = "blocked";
      return false;
    });
  }

  accepts(batch: readonly NewTask[]): boolean {
    const known = new Set(this.#known);
    return batch.every(({ id, after = [] }) => {
      const valid = known.has(id) || after.every((other) => known.has(other));
      known.add(id);
      return valid;
    });
  }

  claim({ names, limit, lease, limits = {} }: TaskQuery): readonly ModelClaim[] {
    for (const item of this.#items) {
      const { name } = item.task;
      if (item.state !== "claimed" || item.until > this.#now()) continue;
      if (names.includes(name) && !this.#paused.has(name)) Object.assign(item, { state: "waiting", due: 0 });
    }
    const claimed: ModelClaim[] = [];
    while (claimed.length < limit) {
      const [first] = this.#items
        .filter(
          (item) => names.includes(item.task.name) && this.#mayBegin(item, limits[item.task.name] ?? {}),
        )
        .sort((one, other) => (other.task.priority ?? 0) - (one.task.priority ?? 0));
      if (!first) break;
      const { rate } = limits[first.task.name] ?? {};
      if (rate && !(rate.by === "key" && first.task.key === undefined)) {
        const slot = slotOf(first, rate.by);
        const from = Math.max(this.#expected.get(slot) ?? 0, this.#now());
        this.#expected.set(slot, from + rate.per / rate.count);
      }
      Object.assign(first, { state: "claimed", holds: true, until: this.#now() + lease });
      first.attempt += 1;
      first.token = ++this.#token;
      claimed.push({ id: first.task.id, attempt: first.attempt, token: first.token });
    }
    return claimed;
  }

  reclaim({ names, lease }: Pick<TaskQuery, "names" | "lease">): readonly ModelClaim[] {
    const held = this.#items.filter(({ task, state }) => state === "claimed" && names.includes(task.name));
    for (const item of held) Object.assign(item, { token: ++this.#token, until: this.#now() + lease });
    return held.map(({ task: { id }, attempt, token }) => ({ id, attempt, token }));
  }

  settle(batch: readonly Settlement[]): readonly boolean[] {
    return batch.map(({ id, token, outcome }) => {
      const item = this.#holding(id, token);
      if (!item) return false;
      const now = this.#now();
      if (outcome.type === "extend") {
        item.until = now + outcome.lease;
        item.progress = outcome.progress ?? item.progress;
      } else if (outcome.type === "retry") {
        Object.assign(item, { state: "waiting", due: outcome.at });
      } else if (outcome.type === "release") {
        const holds = outcome.at !== undefined && outcome.at > now;
        Object.assign(item, {
          state: "waiting",
          holds,
          attempt: item.attempt - 1,
          due: holds ? outcome.at : 0,
        });
      } else if (outcome.type === "dead") this.#die(item, outcome.reason);
      else this.#done(item, outcome.result);
      return true;
    });
  }

  /** Whether all of them would be settled. */
  holds(batch: readonly Settlement[]): boolean {
    return batch.every(({ id, token }) => this.#holding(id, token) !== undefined);
  }

  cancel(name: string, ids: readonly string[]): number {
    const items = this.#kept().filter(
      ({ task, state }) =>
        task.name === name && ids.includes(task.id) && state !== "done" && state !== "cancelled",
    );
    for (const item of items) {
      this.#over(item, "cancelled");
      this.#bury(item);
    }
    return items.length;
  }

  redrive(name: string, ids: readonly string[] | "all"): number {
    const wanted = this.#kept().filter(
      ({ task, state }) => task.name === name && state === "dead" && (ids === "all" || ids.includes(task.id)),
    );
    const kept = this.#kept();
    for (let count = 0; ; ) {
      const redriven = wanted.filter(
        (item) => item.state === "dead" && ![...item.before].some((one) => kept.includes(one) && isLost(one)),
      );
      if (redriven.length === 0) return count;
      count += redriven.length;
      for (const item of redriven) {
        for (const one of [...item.before]) if (!kept.includes(one)) item.before.delete(one);
        const state = item.before.size > 0 ? "blocked" : "waiting";
        Object.assign(item, { state, attempt: 0, due: 0, progress: undefined, reason: undefined });
      }
    }
  }

  pause(name: string, paused: boolean): void {
    if (paused) this.#paused.add(name);
    else this.#paused.delete(name);
  }

  forget(name: string, before: number): number {
    const forgotten = this.#items.filter(
      ({ task, state, diedAt }) => task.name === name && state === "dead" && diedAt < before,
    );
    this.#items = this.#items.filter((item) => !forgotten.includes(item));
    return forgotten.length;
  }

  states(ids: readonly string[]): readonly (TaskState | undefined)[] {
    return ids.map(
      (id) =>
        this.#kept()
          .filter(({ task }) => task.id === id)
          .map((item) => this.#stateOf(item))[0],
    );
  }

  counts(name: string): TaskCounts {
    const states = this.#kept()
      .filter(({ task }) => task.name === name)
      .map((item) => ({ state: this.#stateOf(item).state, time: item.task.time }));
    const count = (wanted: State) => states.filter(({ state }) => state === wanted).length;
    const times = states.filter(({ state }) => state === "waiting").map(({ time }) => time);
    return {
      ...{ waiting: count("waiting"), delayed: count("delayed"), blocked: count("blocked") },
      ...{ claimed: count("claimed"), dead: count("dead"), paused: this.#paused.has(name) },
      oldest: times.length > 0 ? Math.min(...times) : undefined,
    };
  }

  /** By their ids. */
  dead(name: string): readonly Pick<DeadTask, "id" | "attempt" | "reason" | "diedAt">[] {
    return this.#items
      .filter(({ task, state }) => task.name === name && state === "dead")
      .map(({ task, attempt, reason = "", diedAt }) => ({ id: task.id, attempt, reason, diedAt }));
  }

  #holding(id: string, token: number): Item | undefined {
    return this.#items.find(
      (item) => item.task.id === id && item.state === "claimed" && item.token === token,
    );
  }

  #mayBegin(item: Item, { concurrency = Infinity, rate }: TaskLimit): boolean {
    const { name, key } = item.task;
    const same = this.#items.filter((other) => other.task.name === name);
    if (item.state !== "waiting" || item.due > this.#now() || this.#paused.has(name)) return false;
    if (same.filter(({ state }) => state === "claimed").length >= concurrency) return false;
    if (key !== undefined && same.some((other) => other !== item && other.holds && other.task.key === key)) {
      return false;
    }
    if (!rate || (rate.by === "key" && key === undefined)) return true;
    const expected = this.#expected.get(slotOf(item, rate.by)) ?? 0;
    return expected - (rate.per - rate.per / rate.count) <= this.#now();
  }

  #done(item: Item, result: Uint8Array | undefined): void {
    item.result = result;
    this.#over(item, "done");
    for (const other of this.#items) {
      other.before.delete(item);
      if (other.state === "blocked" && other.before.size === 0) other.state = "waiting";
    }
  }

  #over(item: Item, state: "done" | "cancelled"): void {
    const { keep = 0 } = item.task;
    const keptUntil = this.#now() + Math.max(keep, state === "cancelled" ? this.#window : 0);
    Object.assign(item, { state, holds: false, reason: undefined, keptUntil });
  }

  #die(item: Item, reason: string): void {
    Object.assign(item, { state: "dead", holds: false, reason, diedAt: this.#now() });
    this.#bury(item);
  }

  #bury(item: Item): void {
    for (const other of this.#items) {
      if (other.state === "blocked" && other.before.has(item)) this.#die(other, withAnother);
    }
  }

  /** What is over is kept for its time. */
  #kept(): readonly Item[] {
    return this.#items.filter(({ keptUntil }) => keptUntil > this.#now());
  }

  #stateOf(item: Item): TaskState {
    const { task, attempt, progress, result, reason } = item;
    const isDelayed = item.state === "waiting" && item.due > this.#now();
    const state = isDelayed ? "delayed" : item.state;
    return { id: task.id, name: task.name, key: task.key, state, attempt, progress, result, reason };
  }
}

function isLost({ state }: Item): boolean {
  return state === "dead" || state === "cancelled";
}

function slotOf({ task: { name, key } }: Item, by: "name" | "key"): string {
  return JSON.stringify(by === "name" ? [name] : [name, key]);
}
