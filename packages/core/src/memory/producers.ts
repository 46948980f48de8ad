import type { Appended, Producer } from "../broker.js";

interface State {
  readonly epoch: number;
  readonly sequence: number;
  readonly owner: string | undefined;
  /** When it is forgotten. */
  readonly until: number;
}

export interface ProducersLimits {
  readonly producerWindow: number;
  readonly producersPerOwner: number;
}

/** What each producer has appended last, as long as it is known. */
export class Producers {
  readonly #limits: ProducersLimits;
  /** A Map iterates in the order of insertion, so its first entry is the one that was silent longest. */
  readonly #states = new Map<string, State>();
  /** The ids of each owner's, in the same order. */
  readonly #byOwner = new Map<string, Set<string>>();

  constructor(limits: ProducersLimits) {
    this.#limits = limits;
  }

  /** How many are known. */
  get size(): number {
    return this.#states.size;
  }

  /** What stands against the next append of a producer; `undefined` when it is the next in its sequence, and then counts. */
  advance(
    { id, epoch, sequence, owner, begun = false }: Producer,
    now: number,
  ): Exclude<Appended["type"], "appended"> | "duplicate" | undefined {
    this.#forgetSilent(now);
    const known = this.#states.get(id);
    if (!known && begun) return "fenced";
    const state = known ?? { epoch, sequence: 0 };
    const isFenced = epoch < state.epoch;
    const isNext = !isFenced && sequence === state.sequence + 1;
    this.#know(id, {
      epoch: Math.max(epoch, state.epoch),
      sequence: isNext ? sequence : state.sequence,
      owner,
      until: now + this.#limits.producerWindow,
    });
    if (isFenced) return "fenced";
    if (isNext) return undefined;
    return sequence <= state.sequence ? "duplicate" : "conflict";
  }

  /** The first that is fenced or in conflict, where they append in this order. Nothing counts. */
  firstRefused(appending: readonly Producer[], now: number): Producer | undefined {
    this.#forgetSilent(now);
    const trial = new Producers(this.#limits);
    for (const id of this.#concerned(appending)) trial.#know(id, this.#states.get(id)!);
    return appending.find((producer) => {
      const against = trial.advance(producer, now);
      return against === "fenced" || against === "conflict";
    });
  }

  /** The sequence that would be accepted next. */
  expected(id: string): number {
    return (this.#states.get(id)?.sequence ?? 0) + 1;
  }

  /** Those that appending changes, or makes forgotten, each owner's in their order. */
  #concerned(appending: readonly Producer[]): ReadonlySet<string> {
    const concerned = new Set<string>();
    for (const { id, owner } of appending) {
      for (const one of [owner, this.#states.get(id)?.owner]) {
        if (one !== undefined) for (const each of this.#byOwner.get(one) ?? []) concerned.add(each);
      }
      if (this.#states.has(id)) concerned.add(id);
    }
    return concerned;
  }

  #know(id: string, state: State): void {
    this.#forget(id);
    this.#states.set(id, state);
    const { owner } = state;
    if (owner === undefined) return;
    const ids = this.#byOwner.get(owner) ?? new Set();
    this.#byOwner.set(owner, ids.add(id));
    if (ids.size <= this.#limits.producersPerOwner) return;
    for (const silent of ids) {
      this.#forget(silent);
      return;
    }
  }

  #forgetSilent(now: number): void {
    for (const [id, { until }] of this.#states) {
      if (until > now) return;
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    const { owner } = this.#states.get(id) ?? {};
    this.#states.delete(id);
    if (owner === undefined) return;
    const ids = this.#byOwner.get(owner)!;
    ids.delete(id);
    if (ids.size === 0) this.#byOwner.delete(owner);
  }
}
