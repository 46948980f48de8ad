import type {
  Contract,
  Data,
  EventName,
  InputOf,
  Key,
  KeyOf,
  Matching,
  Pattern,
  RequestName,
  SentBy,
} from "@eventwire/core";
import { matches } from "@eventwire/core/attach";
import type { ConnectedPeer } from "./peer.js";

/** Someone wants to listen to a name: to one key of it, or to all where `key` is undefined. */
export interface ListenQuestion<User, N extends string, K> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly key: K | undefined;
}

/** Someone wants to emit an event. `data` has passed its schema. */
export interface EmitQuestion<User, N extends string, D> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly data: D;
}

/** Someone wants to ask a request. `input` has passed its schema. */
export interface RequestQuestion<User, N extends string, I> {
  readonly peer: ConnectedPeer<User>;
  readonly name: N;
  readonly input: I;
}

/**
 * Allows or denies: always, or by looking at who asks for what. A rule that throws denies; its error reaches the `onError`
 * of the bus, where there is one.
 */
export type Rule<Question> = boolean | ((question: Question) => boolean);

/**
 * Who may do what: a rule for a name or a pattern. What no rule allows is denied, and where one of several rules that
 * match denies, it is denied.
 *
 * @example
 * ```ts
 * const allow: Allow<Airspace, User> = {
 *   listen: { "*": true, "crew.*": ({ peer }) => peer.user.crew },
 *   emit: { "alert.raised": ({ peer }) => limits.take(peer.id) },
 *   request: { "airport.stats": true },
 * };
 * ```
 */
export interface Allow<C extends Contract, User> {
  readonly listen?: ListenRules<C, User>;
  readonly emit?: EmitRules<C, User>;
  readonly request?: RequestRules<C, User>;
}

type ListenRules<C extends Contract, User> = {
  readonly [P in Looked<EventName<C> | Pattern<EventName<C>>>]?: Rule<
    ListenQuestion<User, Matching<EventName<C>, P>, KeyOf<C, Matching<EventName<C>, P> & EventName<C>>>
  >;
};
type EmitRules<C extends Contract, User> = {
  readonly [P in Looked<SentBy<C, "event", "client"> | Pattern<SentBy<C, "event", "client">>>]?: Rule<
    EmitQuestion<
      User,
      Matching<SentBy<C, "event", "client">, P>,
      Data<C, Matching<SentBy<C, "event", "client">, P> & EventName<C>>
    >
  >;
};
type RequestRules<C extends Contract, User> = {
  readonly [P in Looked<SentBy<C, "request", "client"> | Pattern<SentBy<C, "request", "client">>>]?: Rule<
    RequestQuestion<
      User,
      Matching<SentBy<C, "request", "client">, P>,
      InputOf<C, Matching<SentBy<C, "request", "client">, P> & RequestName<C>>
    >
  >;
};

/**
 * The same names, of which the compiler says no more than that they are texts as long as `serve` is being inferred. So it
 * looks a rule up by any name, and the question in `({ peer }) => ...` gets the user that `authenticate` answers with.
 */
type Looked<N extends string> = [N] extends [infer Name extends string] ? Name : never;

/** Any rule, below the types of {@link Allow}. */
export type AnyRule = boolean | ((question: AnyQuestion) => boolean);
export interface AnyQuestion {
  readonly peer: ConnectedPeer<unknown>;
  readonly name: string;
  readonly key?: Key | undefined;
  readonly data?: unknown;
  readonly input?: unknown;
}
export type AnyRules = Readonly<Record<string, AnyRule | undefined>>;

/** The rules of one kind, found once a name. */
export class Gate {
  readonly #rules: readonly (readonly [pattern: string, rule: AnyRule])[];
  readonly #byName = new Map<string, readonly AnyRule[]>();
  readonly #failed: (error: unknown) => void;

  constructor(rules: AnyRules | undefined, failed: (error: unknown) => void) {
    this.#rules = Object.entries(rules ?? {}).filter(
      (entry): entry is [string, AnyRule] => entry[1] !== undefined,
    );
    this.#failed = failed;
  }

  /** Whether some rule might allow this name, so that looking further is worth it. */
  mentions(name: string): boolean {
    const rules = this.#matching(name);
    return rules.length > 0 && !rules.includes(false);
  }

  allows(question: AnyQuestion): boolean {
    const rules = this.#matching(question.name);
    return rules.length > 0 && rules.every((rule) => this.#ask(rule, question));
  }

  #ask(rule: AnyRule, question: AnyQuestion): boolean {
    if (typeof rule === "boolean") return rule;
    try {
      // Only true allows: a promise that was forgotten must not.
      return rule(question) === true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** `name` is one of the contract, so that this cannot grow without bound. */
  #matching(name: string): readonly AnyRule[] {
    let rules = this.#byName.get(name);
    if (!rules) {
      rules = this.#rules.filter(([pattern]) => matches(pattern, name)).map(([, rule]) => rule);
      this.#byName.set(name, rules);
    }
    return rules;
  }
}
