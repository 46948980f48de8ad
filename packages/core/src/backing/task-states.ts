import { ClosedError } from "@eventwire/queue";
import type { TaskState } from "../broker.js";
import { Hints } from "./hints.js";
import type { Store } from "./store.js";

/** How many are asked for at once. */
const pageSize = 500;
/** Where they are more than so many, how long to rest for each of them after all were asked for, in milliseconds. */
const few = 100;
const restForEach = 0.02;

/** Who wants to know how a task stands. */
export interface TaskFollower {
  /** Told at first, and whenever it may have changed. */
  told(state: TaskState | undefined): void;
  /** It is told nothing any more. */
  failed(error: unknown): void;
}

/**
 * How tasks of one name stand, for all of this bus who want to know: they are asked for together, and the more they are, the less often,
 * so that it takes as much of the broker's time however many wait. Who has just come is told at once.
 */
export class TaskStates {
  readonly #store: Store;
  readonly #name: string;
  readonly #followers = new Map<string, Set<TaskFollower>>();
  /** Those that were not asked for yet. */
  readonly #fresh = new Set<string>();
  #endRest: (() => void) | undefined;
  /** Whether others may have changed during a rest. */
  #stale = false;
  #hints: Hints | undefined;
  #unwatch: (() => void) | undefined;
  #looking = false;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** @returns what ends it. */
  follow(id: string, follower: TaskFollower): () => void {
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers.add(follower));
    this.#fresh.add(id);
    if (!this.#hints) void this.#begin();
    else this.#hints.hint();
    return () => {
      followers.delete(follower);
      if (followers.size === 0 && this.#followers.get(id) === followers) this.#followers.delete(id);
      if (this.#followers.size === 0) this.#stop();
    };
  }

  /** Nobody is told anything any more. */
  end(error: unknown): void {
    const all = [...this.#followers.values()].flatMap((followers) => [...followers]);
    this.#followers.clear();
    this.#stop();
    for (const follower of all) follower.failed(error);
  }

  async #begin(): Promise<void> {
    const hints = new Hints(this.#store, () => void this.#look(hints));
    this.#hints = hints;
    try {
      await this.#store.persist("watch how tasks stand", async () => {
        if (this.#hints !== hints) return;
        this.#unwatch = this.#store.tasks.watchStates([this.#name], () => hints.hint());
      });
      hints.hint();
    } catch (error) {
      if (this.#hints === hints) this.end(error);
    }
  }

  async #look(hints: Hints): Promise<void> {
    if (this.#looking || this.#hints !== hints) return;
    this.#looking = true;
    try {
      do {
        hints.clear();
        await this.#read();
      } while (hints.hinted && this.#hints === hints);
      if (this.#hints === hints) hints.wait();
    } catch (error) {
      this.end(error instanceof ClosedError ? new ClosedError("The bus ended before", this.#name) : error);
    }
    this.#looking = false;
    // Who has come meanwhile may have begun anew.
    if (this.#hints && this.#hints !== hints) this.#hints.hint();
  }

  async #read(): Promise<void> {
    const isAll = this.#endRest === undefined;
    const ids = [...(isAll ? this.#followers : this.#fresh).keys()];
    this.#fresh.clear();
    if (!isAll) this.#stale = true;
    else if (ids.length > few) this.#rest(ids.length * restForEach);
    for (let from = 0; from < ids.length; from += pageSize) {
      const page = ids.slice(from, from + pageSize);
      const states = await this.#store.persist("tell how tasks stand", () => this.#store.tasks.states(page));
      for (const [index, id] of page.entries()) {
        const state = states[index];
        for (const follower of [...(this.#followers.get(id) ?? [])]) {
          follower.told(state?.name === this.#name ? state : undefined);
        }
      }
    }
  }

  #rest(milliseconds: number): void {
    this.#stale = false;
    this.#endRest = this.#store.runtime.timer(() => {
      this.#endRest = undefined;
      if (this.#stale) this.#hints?.hint();
    }, milliseconds);
  }

  #stop(): void {
    this.#fresh.clear();
    this.#endRest?.();
    this.#endRest = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#hints?.stop();
    this.#hints = undefined;
  }
}
