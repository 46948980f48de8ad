import { EventwireError, type Key, type LinkFacts, type Peer } from "@eventwire/core";
import { type BusCore, validate } from "@eventwire/core/attach";
import { checkedRequest } from "./checked-request.js";
import { Counting } from "./counters.js";
import type { Principal } from "./credentials.js";
import { isDenial, type Outcome } from "./decision.js";
import type { AnyQuestion, Gate } from "./gate.js";
import { checkedEvent } from "./inlets.js";
import { askedKey, checkListenable, isDurable } from "./listening.js";
import type { ConnectedPeer } from "./peer.js";
import { checkedTask, taskDefinitionOf } from "./task-inlet.js";

/** What somebody may or may not do: a peer that is connected, or a user as `authenticate` would answer with. */
export type ExplainQuestion<User> = (
  | { readonly peer: Peer }
  | { readonly user: User; readonly facts?: LinkFacts | undefined }
) &
  (
    | { readonly kind: "listen"; readonly name: string; readonly key?: Key | undefined }
    | { readonly kind: "group"; readonly name: string; readonly group: string }
    | { readonly kind: "emit"; readonly name: string; readonly data: unknown }
    | { readonly kind: "request"; readonly name: string; readonly input: unknown }
    | { readonly kind: "enqueue"; readonly name: string; readonly data: unknown }
    | { readonly kind: "tasks"; readonly name: string; readonly id: string; readonly may: "look" | "cancel" }
    | { readonly kind: "work"; readonly name: string; readonly key?: Key | undefined }
  );

/** Why it is allowed or not. It holds names, patterns and outcomes, and no data: it may be logged. */
export interface Explanation {
  readonly allowed: boolean;
  /** In one sentence. */
  readonly reason: string;
  /**
   * The rules that match the name, in the order in which they are asked, and what each says now: `fails` where it throws, `hangs`
   * where it gives no answer in time, `defers` where what it throws says that it cannot tell now. Empty where it is refused whatever rules say.
   */
  readonly rules: readonly { readonly pattern: string; readonly verdict: Outcome }[];
}

export interface ExplanationHost {
  readonly core: BusCore;
  readonly gates: Readonly<Record<ExplainQuestion<unknown>["kind"], Gate>>;
}

/** Asks the rules as somebody's own message would. Nothing is done. */
export async function explain(
  host: ExplanationHost,
  peer: ConnectedPeer<unknown> | undefined,
  asked: ExplainQuestion<unknown>,
): Promise<Explanation> {
  const { kind, name } = asked;
  if (!peer) return refused("This peer is not connected.");
  const { expires = Infinity } = peer.user as Principal;
  if (expires <= host.core.runtime.now()) return refused("The credentials of this user have expired.");
  let question: AnyQuestion;
  try {
    question = { peer, name, ...checked(host, asked) };
  } catch (error) {
    // What a schema says of data may repeat it.
    if (!EventwireError.is(error)) throw error;
    return refused(error.code === "Invalid" ? `What was given for "${name}" is invalid.` : error.message);
  }
  const decisions = await host.gates[kind].explain(question);
  const rules = decisions.map(({ pattern, outcome }) => ({ pattern, verdict: outcome }));
  const denial = decisions.findIndex(isDenial);
  const against = rules[denial] ?? rules.find(({ verdict }) => verdict !== "allows");
  const allowed = rules.length > 0 && !against;
  const rule = (pattern: string) => `the rule "${pattern}" of allow.${kind}`;
  if (allowed) return { allowed, reason: `"${name}" is allowed by ${rule(rules[0]!.pattern)}.`, rules };
  const reason = against
    ? `"${name}" is denied: ${rule(against.pattern)} ${says[against.verdict]}.`
    : `"${name}" is denied: no rule of allow.${kind} matches it.`;
  return { allowed, reason, rules };
}

/** A user who is not connected, as rules see one. */
export function standIn(user: unknown, now: number, facts: LinkFacts = nowhere): ConnectedPeer<unknown> {
  const counters = () => new Counting().snapshot();
  return { id: "explained", user, facts, since: now, counters, disconnect: () => undefined };
}

const nowhere: LinkFacts = { transport: "none", maxFrameBytes: 0, reliable: true };

const says: Readonly<Record<Outcome, string>> = {
  allows: "allows it",
  denies: "denies it",
  fails: "fails",
  hangs: "gives no answer in time",
  defers: "cannot tell now",
};

function refused(reason: string): Explanation {
  return { allowed: false, reason, rules: [] };
}

function checked({ core }: ExplanationHost, asked: ExplainQuestion<unknown>): Partial<AnyQuestion> {
  const { name } = asked;
  switch (asked.kind) {
    case "listen":
      checkListenable(core, name, asked.key, isDurable(core, name));
      return { key: askedKey(core, name, asked.key) };
    case "group":
      checkListenable(core, name, undefined, true);
      return { group: asked.group };
    case "emit":
      return checkedEvent(core, name, asked.data);
    case "request": {
      const { input } = checkedRequest(core, undefined, name);
      return { input: validate(input, name, asked.input) };
    }
    case "enqueue": {
      const { data, key } = checkedTask(core, name, asked.data);
      return { data, key, priority: 0 };
    }
    case "tasks":
      taskDefinitionOf(core, name);
      return { id: asked.id, may: asked.may };
    case "work":
      taskDefinitionOf(core, name);
      return { key: asked.key };
  }
}
