import { ClosedError } from "@eventwire/queue";
import type { TaskState } from "../broker.js";
import { Hints } from "./hints.js";
import type { Store } from "./store.js";

/** How many are asked for at once. */
const pageSize = 500;

/** Who wants to know how a task stands. */
export interface TaskFollower {
  /** Told at first, and whenever it may have changed. */
  told(state: TaskState | undefined): void;
  /** It is told nothing any more. */
  failed(error: unknown): void;
}

/** How tasks of one name stand, for all of this bus who want to know: they are asked for together. */
export class TaskStates {
  readonly #store: Store;
  readonly #name: string;
  readonly #followers = new Map<string, Set<TaskFollower>>();
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
    const ids = [...this.#followers.keys()];
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

  #stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#hints?.stop();
    this.#hints = undefined;
  }
}
