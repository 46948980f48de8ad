import type { Key } from "@eventwire/core";
import type { Demand } from "@eventwire/core/attach";
import type { Listen } from "./messages.js";

/** One name, or one key of it, that this client wants, however many of its listeners do. */
interface Wish {
  readonly ref: number;
  readonly name: string;
  readonly key: Key | undefined;
  readonly ready: Promise<void>;
  readonly grant: () => void;
  readonly refuse: (error: unknown) => void;
  wanted: number;
  granted: boolean;
}

/** What a client listens to on its server: counted here, so that each crosses the link once. */
export class Wishes {
  readonly #byTarget = new Map<string, Wish>();
  readonly #byRef = new Map<number, Wish>();
  readonly #changed: { readonly added: (message: Listen) => void; readonly removed: (ref: number) => void };
  #lastRef = 0;

  constructor(changed: {
    readonly added: (message: Listen) => void;
    readonly removed: (ref: number) => void;
  }) {
    this.#changed = changed;
  }

  add(name: string, key: Key | undefined): Demand {
    const target = `${name} ${typeof key} ${key}`;
    let wish = this.#byTarget.get(target);
    if (!wish) {
      wish = this.#create(name, key);
      this.#byTarget.set(target, wish);
      this.#byRef.set(wish.ref, wish);
      this.#changed.added(listenTo(wish));
    }
    wish.wanted += 1;
    const current = wish;
    let stopped = false;
    const stop = () => {
      if (stopped) return;
      stopped = true;
      current.wanted -= 1;
      if (current.wanted > 0) return;
      this.#forget(target, current);
      current.grant();
      this.#changed.removed(current.ref);
    };
    return { ready: wish.ready, stop };
  }

  /** All of them, to be asked for again on a new link. */
  all(): readonly Listen[] {
    return [...this.#byRef.values()].map(listenTo);
  }

  /** @returns whether the number is one of a wish. */
  grant(ref: number): boolean {
    const wish = this.#byRef.get(ref);
    if (!wish) return false;
    wish.granted = true;
    wish.grant();
    return true;
  }

  /**
   * @returns the name that is refused; and whether it had been granted before, so that nobody awaits it any more.
   */
  get(
    ref: number,
  ):
    | { readonly name: string; readonly granted: boolean; readonly refuse: (error: unknown) => void }
    | undefined {
    return this.#byRef.get(ref);
  }

  /** The connection is closed for good: who still waits is told why. */
  refuseAll(error: unknown): void {
    for (const wish of this.#byRef.values()) wish.refuse(error);
  }

  #create(name: string, key: Key | undefined): Wish {
    let grant!: () => void;
    let refuse!: (error: unknown) => void;
    const ready = new Promise<void>((resolve, reject) => {
      grant = resolve;
      refuse = reject;
    });
    this.#lastRef += 1;
    return { ref: this.#lastRef, name, key, ready, grant, refuse, wanted: 0, granted: false };
  }

  #forget(target: string, wish: Wish): void {
    this.#byTarget.delete(target);
    this.#byRef.delete(wish.ref);
  }
}

function listenTo({ ref, name, key }: Wish): Listen {
  return key === undefined ? ["listen", ref, name] : ["listen", ref, name, key];
}
