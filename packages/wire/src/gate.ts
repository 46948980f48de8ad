import { DeniedError, EventwireError, type Key, MisuseError, type Runtime } from "@eventwire/core";
import { isPassing, isThenable, matches } from "@eventwire/core/attach";
import {
  allowed,
  type Decision,
  deferring,
  denying,
  failing,
  hanging,
  isDenial,
  together,
} from "./decision.js";
import { DecisionCache } from "./decision-cache.js";
import type { everyKey } from "./every-key.js";
import type { ConnectedPeer } from "./peer.js";

/** Any rule, below the types of `Allow`. */
export type AnyRule =
  | boolean
  | ((question: AnyQuestion) => unknown)
  | { readonly decide: (question: AnyCachedQuestion) => unknown; readonly cachedFor: number };
export interface AnyQuestion {
  readonly peer: ConnectedPeer<unknown>;
  readonly name: string;
  readonly key?: Key | typeof everyKey | undefined;
  readonly group?: string | undefined;
  readonly data?: unknown;
  readonly input?: unknown;
  readonly priority?: number;
  readonly id?: string;
  readonly may?: "look" | "cancel";
}
interface AnyCachedQuestion {
  readonly userId: string;
  readonly name: string;
  readonly key?: AnyQuestion["key"] | undefined;
  readonly group?: string | undefined;
  readonly id?: string | undefined;
  readonly may?: AnyQuestion["may"];
}
export type AnyRules = Readonly<Record<string, AnyRule | undefined>>;

export interface GateOptions {
  readonly runtime: Runtime;
  /** What the rules are for, such as `listen`. */
  readonly kind: string;
  /** How long a rule may take, in milliseconds. */
  readonly timeout: number;
  /** Told of a rule that fails. */
  readonly failed: (error: unknown) => void;
}

/** A rule, and what it has said where that is kept. */
interface Guard {
  readonly pattern: string;
  readonly rule: AnyRule;
  readonly cache: DecisionCache | undefined;
}

/** The rules of one kind, found once a name. */
export class Gate {
  readonly #guards: readonly Guard[];
  readonly #byName = new Map<string, readonly Guard[]>();
  readonly #options: GateOptions;

  /** @throws {MisuseError} when a rule is none. */
  constructor(rules: AnyRules | undefined, options: GateOptions) {
    this.#options = options;
    this.#guards = Object.entries(rules ?? {}).flatMap(([pattern, rule]) =>
      rule === undefined ? [] : [{ pattern, rule, cache: this.#cacheOf(pattern, rule) }],
    );
  }

  /** Whether some rule might allow this name, so that looking further is worth it. */
  mentions(name: string): boolean {
    const guards = this.#matching(name);
    return guards.length > 0 && !guards.some(({ rule }) => rule === false);
  }

  /** What the rules say of a name whoever asks; `undefined` where one has to be asked. */
  standing(name: string): Decision | undefined {
    const guards = this.#matching(name);
    if (guards.some(({ rule }) => rule === false)) return denying;
    return guards.every(({ rule }) => rule === true) ? allowed : undefined;
  }

  /** Asks one rule after the other, until one denies. A promise only where a rule gives one; it never rejects. */
  decide(question: AnyQuestion): Decision | Promise<Decision> {
    const guards = this.#matching(question.name);
    return guards.length === 0 ? denying : this.#decideFrom(0, guards, question, allowed);
  }

  /** What each rule that matches says, in their order. */
  async explain(question: AnyQuestion): Promise<readonly (Decision & { readonly pattern: string })[]> {
    return Promise.all(
      this.#matching(question.name).map(async (guard) => ({
        pattern: guard.pattern,
        ...(await this.#ask(guard, question)),
      })),
    );
  }

  /** Rules that keep what they said forget what that was about one user, or about all. */
  forget(userId: string | undefined): void {
    for (const { cache } of this.#guards) cache?.forget(userId);
  }

  #decideFrom(
    from: number,
    guards: readonly Guard[],
    question: AnyQuestion,
    before: Decision,
  ): Decision | Promise<Decision> {
    let decision = before;
    for (let index = from; index < guards.length; index++) {
      const next = this.#ask(guards[index]!, question);
      if (next instanceof Promise) {
        const sofar = decision;
        return next.then((settled) =>
          isDenial(settled)
            ? settled
            : this.#decideFrom(index + 1, guards, question, together(sofar, settled)),
        );
      }
      if (isDenial(next)) return next;
      decision = together(decision, next);
    }
    return decision;
  }

  #ask(guard: Guard, question: AnyQuestion): Decision | Promise<Decision> {
    const { rule, cache } = guard;
    if (typeof rule === "boolean") return rule ? allowed : denying;
    if (typeof rule === "function") return this.#heed(guard, question.name, () => rule(question));
    const { name, key, group, id, may, peer } = question;
    const userId = (peer.user as { readonly id: string }).id;
    const about: Omit<AnyCachedQuestion, "userId" | "name"> =
      id !== undefined ? { id, may } : group !== undefined ? { group } : { key };
    const ask = () => this.#heed(guard, name, () => rule.decide({ userId, name, ...about }));
    return cache!.decide(userId, name, id === undefined ? (group ?? key) : `${may} ${id}`, ask);
  }

  #heed({ pattern }: Guard, name: string, ask: () => unknown): Decision | Promise<Decision> {
    try {
      const answer = ask();
      if (typeof answer === "boolean") return answer ? allowed : denying;
      return isThenable(answer) ? this.#await(answer, pattern, name) : this.#decisionOf(answer);
    } catch (error) {
      return this.#failure(error);
    }
  }

  #await(answer: PromiseLike<unknown>, pattern: string, name: string): Promise<Decision> {
    const { runtime, timeout, kind, failed } = this.#options;
    return new Promise((resolve) => {
      const cancel = runtime.timer(() => {
        const late = `"${name}" was not allowed: the rule "${pattern}" of allow.${kind} gave no answer in ${timeout} ms.`;
        failed(new DeniedError(late, { name }));
        resolve(hanging);
      }, timeout);
      const settle = (decide: () => Decision) => {
        cancel();
        resolve(decide());
      };
      answer.then(
        (value) =>
          settle(() => {
            try {
              return this.#decisionOf(value);
            } catch (error) {
              return this.#failure(error);
            }
          }),
        (error: unknown) => settle(() => this.#failure(error)),
      );
    });
  }

  /** Only true allows, and `{ allow: true }`. */
  #decisionOf(answer: unknown): Decision {
    if (answer === true) return allowed;
    const { allow, until = Infinity } = (answer ?? {}) as { allow?: unknown; until?: unknown };
    if (allow !== true) return denying;
    if (typeof until !== "number" || Number.isNaN(until)) {
      throw new MisuseError(
        `The end of an allowance must be a time in milliseconds; it is ${String(until)}.`,
      );
    }
    if (until === Infinity) return allowed;
    return until > this.#options.runtime.now() ? { outcome: "allows", until } : denying;
  }

  #failure(error: unknown): Decision {
    if (error instanceof DeniedError) return { ...denying, reason: error.message };
    this.#options.failed(error);
    // What had to be asked elsewhere, and may be asked there again, says nothing of who asks here.
    return EventwireError.is(error) && isPassing(error) ? deferring : failing;
  }

  #cacheOf(pattern: string, rule: unknown): DecisionCache | undefined {
    if (typeof rule === "boolean" || typeof rule === "function") return undefined;
    const { decide, cachedFor } = (rule ?? {}) as { decide?: unknown; cachedFor?: unknown };
    if (typeof decide !== "function" || typeof cachedFor !== "number" || !(cachedFor >= 0)) {
      const be = "true, false, a function or { decide, cachedFor } with milliseconds of at least 0";
      throw new MisuseError(`The rule "${pattern}" of allow.${this.#options.kind} must be ${be}.`);
    }
    return new DecisionCache(this.#options.runtime, cachedFor);
  }

  /** `name` is one of the contract, so that this cannot grow without bound. */
  #matching(name: string): readonly Guard[] {
    let guards = this.#byName.get(name);
    if (!guards) {
      guards = this.#guards.filter(({ pattern }) => matches(pattern, name));
      this.#byName.set(name, guards);
    }
    return guards;
  }
}
