import type { EventwireError, Key } from "@eventwire/core";
import type { Begun } from "@eventwire/core/attach";
import { AskingAgain, type AskingCore } from "./asking-again.js";
import type { Listen } from "./messages.js";

/** What a server says to a wish. */
interface Verdict {
  readonly ready: Promise<void>;
  readonly grant: () => void;
  readonly refuse: (error: unknown) => void;
}

/** A name, or one key of it. */
export interface Target {
  readonly name: string;
  readonly key: Key | undefined;
}

/** What this client wants, however many of its listeners do. */
interface Wish extends Target {
  readonly ref: number;
  wanted: number;
  state: "asked" | "granted" | "refused";
  /** Whether it was in force before, on this link or an earlier one. */
  wasGranted: boolean;
  verdict: Verdict;
  /** Where it could not be decided. */
  again: AskingAgain | undefined;
}

export interface WishChanges {
  /** A number that no other message is answered by. */
  readonly nextRef: () => number;
  readonly added: (message: Listen) => void;
  readonly removed: (ref: number) => void;
}

/** What a client listens to on its server: counted here, so that each crosses the link once. */
export class Wishes {
  readonly #byName = new Map<string, Map<Key | undefined, Wish>>();
  readonly #byRef = new Map<number, Wish>();
  readonly #core: AskingCore;
  readonly #changes: WishChanges;

  constructor(core: AskingCore, changes: WishChanges) {
    this.#core = core;
    this.#changes = changes;
  }

  add(name: string, key: Key | undefined): Begun {
    const byKey = this.#byName.get(name) ?? new Map<Key | undefined, Wish>();
    let wish = byKey.get(key);
    if (!wish) {
      const ref = this.#changes.nextRef();
      const asked = { wanted: 0, state: "asked", wasGranted: false, verdict: verdict() } as const;
      wish = { ref, name, key, ...asked, again: undefined };
      byKey.set(key, wish);
      this.#byName.set(name, byKey);
      this.#byRef.set(ref, wish);
      this.#changes.added(listenTo(wish));
    } else if (wish.state === "refused") {
      // Whoever wants it now may be allowed what an earlier one was not.
      askAgain(wish);
      this.#changes.added(listenTo(wish));
    }
    wish.wanted += 1;
    const { ready } = wish.verdict;
    return { ready, stop: this.#stopping(wish) };
  }

  /** All of them, to be asked for again on a new link. */
  all(): readonly Listen[] {
    return [...this.#byRef.values()].map((wish) => {
      if (wish.state === "refused") askAgain(wish);
      wish.again?.stop();
      return listenTo(wish);
    });
  }

  /** Those that were refused, to be asked for again with other credentials. */
  refused(may: (name: string) => boolean): readonly Listen[] {
    const refused = [...this.#byRef.values()].filter(({ state, name }) => state === "refused" && may(name));
    refused.forEach(askAgain);
    return refused.map(listenTo);
  }

  /** @returns what was in force on an earlier link, and is again. */
  grant(ref: number): Target | undefined {
    const wish = this.#byRef.get(ref);
    if (wish?.state !== "asked") return undefined;
    const { name, key, wasGranted } = wish;
    wish.state = "granted";
    wish.again?.answered();
    wish.wasGranted = true;
    wish.verdict.grant();
    return wasGranted ? { name, key } : undefined;
  }

  /**
   * It is not in force, or not any more. What cannot be decided now is asked for again as long as it is wanted.
   *
   * @returns what is refused after it had been granted, so that nobody awaits it any more.
   */
  refuse(ref: number, error: (name: string) => EventwireError): Target | undefined {
    const wish = this.#byRef.get(ref);
    if (!wish) return undefined;
    const { name, key, wasGranted } = wish;
    const reason = error(name);
    if (reason.code === "Unavailable") {
      if (wish.state !== "asked") askAgain(wish);
      wish.again ??= new AskingAgain(this.#core, () => this.#changes.added(listenTo(wish)));
      wish.again.later(reason);
      return undefined;
    }
    wish.state = "refused";
    wish.again?.answered();
    wish.wasGranted = false;
    wish.verdict.refuse(reason);
    return wasGranted ? { name, key } : undefined;
  }

  /** The numbers of those of a name. */
  of(name: string): readonly number[] {
    return [...(this.#byName.get(name)?.values() ?? [])].map(({ ref }) => ref);
  }

  /** The link is gone: nothing is in force until it is granted again. */
  lost(): void {
    for (const wish of this.#byRef.values()) if (wish.state === "granted") askAgain(wish);
  }

  /** The connection is closed for good: who still waits is told why. */
  refuseAll(error: unknown): void {
    for (const { again, verdict } of this.#byRef.values()) {
      again?.stop();
      verdict.refuse(error);
    }
  }

  #stopping(wish: Wish): () => void {
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      wish.wanted -= 1;
      if (wish.wanted > 0) return;
      const byKey = this.#byName.get(wish.name)!;
      byKey.delete(wish.key);
      if (byKey.size === 0) this.#byName.delete(wish.name);
      this.#byRef.delete(wish.ref);
      wish.again?.stop();
      // Who stopped before the answer is not kept waiting for it.
      wish.verdict.grant();
      this.#changes.removed(wish.ref);
    };
  }
}

function askAgain(wish: Wish): void {
  wish.state = "asked";
  wish.verdict = verdict();
}

function verdict(): Verdict {
  let grant!: () => void;
  let refuse!: (error: unknown) => void;
  const ready = new Promise<void>((resolve, reject) => {
    grant = resolve;
    refuse = reject;
  });
  // One that is asked for again on a new link has nobody who awaits it.
  ready.catch(nothing);
  return { ready, grant, refuse };
}

function listenTo({ ref, name, key }: Wish): Listen {
  return key === undefined ? ["listen", ref, name] : ["listen", ref, name, key];
}

function nothing(): undefined {
  return undefined;
}
