import type { Key, Runtime } from "@eventwire/core";
import { type Decision, isUndecided } from "./decision.js";
import type { everyKey } from "./every-key.js";

/** How many decisions are kept of one user, so that who asks for much drives out nobody else's. */
const mostOfUser = 1_000;
/** How many are kept of all users. */
const most = 10_000;

interface Kept {
  decision: Decision | Promise<Decision>;
  /** On the monotonic clock; while it is awaited, for as long as that takes. */
  until: number;
}

/** What one rule has said, by user, name and key, for a while. */
export class DecisionCache {
  readonly #runtime: Runtime;
  readonly #lifetime: number;
  readonly #byUser = new Map<string, Map<string, Kept>>();
  #size = 0;

  /** @param lifetime in milliseconds. */
  constructor(runtime: Runtime, lifetime: number) {
    this.#runtime = runtime;
    this.#lifetime = lifetime;
  }

  get size(): number {
    return this.#size;
  }

  /** What is known, or what `ask` says: asked once, however many want to know meanwhile. */
  decide(
    userId: string,
    name: string,
    key: Key | typeof everyKey | undefined,
    ask: () => Decision | Promise<Decision>,
  ): Decision | Promise<Decision> {
    // 1 and "1" are two keys.
    const target = `${name} ${typeof key} ${String(key)}`;
    const known = this.#byUser.get(userId)?.get(target);
    if (known && this.#counts(known)) return known.decision;
    const decision = ask();
    const kept: Kept = { decision, until: Infinity };
    this.#keep(userId, target, kept);
    if (!(decision instanceof Promise)) {
      this.#settle(userId, target, kept, decision);
      return decision;
    }
    // It never rejects.
    void decision.then((settled) => this.#settle(userId, target, kept, settled));
    return decision;
  }

  /** Forgets what was said about one user, or about all; what is being asked is not remembered either. */
  forget(userId: string | undefined): void {
    if (userId === undefined) {
      this.#byUser.clear();
      this.#size = 0;
    } else this.#forgetUser(userId);
  }

  #counts({ decision, until }: Kept): boolean {
    if (this.#runtime.monotonic() >= until) return false;
    return decision instanceof Promise || decision.until > this.#runtime.now();
  }

  #keep(userId: string, target: string, kept: Kept): void {
    let own = this.#byUser.get(userId);
    if (!own) {
      own = new Map();
      this.#byUser.set(userId, own);
    }
    if (own.delete(target)) this.#size -= 1;
    own.set(target, kept);
    this.#size += 1;
    if (own.size > mostOfUser) this.#forgetTarget(own, own.keys().next().value!);
    if (this.#size > most) this.#forgetUser(this.#byUser.keys().next().value!);
  }

  #settle(userId: string, target: string, kept: Kept, decision: Decision): void {
    const own = this.#byUser.get(userId);
    // It was forgotten meanwhile: what it was asked by may no longer hold.
    if (own?.get(target) !== kept) return;
    if (decision.outcome === "fails" || isUndecided(decision)) {
      this.#forgetTarget(own, target);
      if (own.size === 0) this.#byUser.delete(userId);
      return;
    }
    kept.decision = decision;
    kept.until = this.#runtime.monotonic() + this.#lifetime;
  }

  #forgetTarget(own: Map<string, Kept>, target: string): void {
    if (own.delete(target)) this.#size -= 1;
  }

  #forgetUser(userId: string): void {
    this.#size -= this.#byUser.get(userId)?.size ?? 0;
    this.#byUser.delete(userId);
  }
}
