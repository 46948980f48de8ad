import { type EventwireError, type Key, OverflowError } from "@eventwire/core";
import type { BusCore, EventDefinition } from "@eventwire/core/attach";
import { allowed, type Decision, denying, sooner } from "./decision.js";
import type { Ending, Ends } from "./ends.js";
import { everyKey } from "./every-key.js";
import type { Gate } from "./gate.js";
import type { Limits } from "./limits.js";
import type { Follow, Join, JoinFields, Listen } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import {
  definitionOf,
  denied,
  durableDefinitionOf,
  eventDefinitionOf,
  invalid,
  notAllowed,
} from "./refusal.js";

export interface ListeningHost<Peer> {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly gates: { readonly listen: Gate; readonly group: Gate };
  readonly ends: Ends;
  /** @returns whether it is new: false where the peer listens to this already. */
  join(peer: Peer, name: string, key: Key | undefined): boolean;
  leave(peer: Peer, name: string, key: Key | undefined): void;
}

/** What is followed of the log. */
export interface Wanted {
  readonly since: string | number;
  readonly credit: number;
}

/** What is done of the log, as one of a group. */
export interface Shared extends JoinFields {
  readonly group: string;
  readonly pattern: string;
  readonly since: string | number;
  readonly concurrency: number;
}

export interface ListeningReplies {
  /** It may be followed: begins that. */
  follow(ref: number, names: readonly string[], key: Key | undefined, wanted: Wanted): void;
  /** It is no longer followed. */
  unfollow(ref: number): void;
  /** It may be a member of the group: becomes one. */
  join(ref: number, names: readonly string[], shared: Shared): void;
  /** It is no longer one. @param told whether it will say what became of what it was given. */
  leave(ref: number, told: boolean): void;
  /** It is in force: from here on the events are sent. */
  granted(ref: number): void;
  /** It is not in force, or not any more. */
  fail(ref: number, error: unknown): void;
}

/** A decision, and which name it is about. */
type Named = Decision & { readonly name: string };

interface Target {
  /** One, or those that are followed or done together. */
  readonly names: readonly string[];
  readonly key: Key | undefined;
  /** Where it is followed, or done as one of a group. */
  readonly wanted: Wanted | Shared | undefined;
  /** Whether it is in force. */
  granted: boolean;
  /** When it ends, in milliseconds since the Unix epoch. */
  until: number;
  /** How often the rules are being asked about it. */
  asking: number;
}

/** What one peer listens to, as long as the rules let it. */
export class Listening<Peer extends ConnectedPeer<unknown>> implements Ending {
  readonly #host: ListeningHost<Peer>;
  readonly #peer: Peer;
  readonly #replies: ListeningReplies;
  readonly #targets = new Map<number, Target>();
  /** Of names and keys that are listened to more than once: by how many more. */
  #again: Map<string, number> | undefined;
  /** Questions that nobody waits for any more, and that rules are still at. */
  #abandoned = 0;
  /** How often all was asked again: an answer to an earlier question does not count any more. */
  #round = 0;
  /** When something may end next. What ends then may have been left, or prolonged, since. */
  #nextEnd = Infinity;

  constructor(host: ListeningHost<Peer>, peer: Peer, replies: ListeningReplies) {
    this.#host = host;
    this.#peer = peer;
    this.#replies = replies;
  }

  listen([, ref, name, key]: Listen): void {
    this.#add(ref, [name], key, undefined);
  }

  follow([, ref, names, since, credit, key]: Follow): void {
    this.#add(ref, [...new Set(names)], key, { since, credit });
  }

  join([, ref, group, pattern, names, since, concurrency, { attempts, backoff }]: Join): void {
    const shared = { group, pattern, since, concurrency, attempts, backoff };
    this.#add(ref, [...new Set(names)], undefined, shared);
  }

  #add(ref: number, names: readonly string[], key: Key | undefined, wanted: Target["wanted"]): void {
    const { core, limits } = this.#host;
    const name = names[0]!;
    try {
      if (this.#targets.has(ref)) throw invalid(name, "this number is in use");
      for (const each of names) checkListenable(core, each, key, wanted !== undefined);
      // What was asked and given up counts until it is answered, or listening and ending in turns would ask without end.
      if (this.#targets.size + this.#abandoned >= limits.listeners) {
        throw new OverflowError(`A peer may listen to ${limits.listeners} names and keys at once.`, { name });
      }
    } catch (error) {
      this.#replies.fail(ref, error);
      return;
    }
    const target: Target = { names, key, wanted, granted: false, until: Infinity, asking: 0 };
    this.#targets.set(ref, target);
    void this.#ask(ref, target);
  }

  unlisten(ref: number): void {
    const target = this.#targets.get(ref);
    if (target) this.#remove(ref, target, true);
  }

  /** It cannot go on. */
  giveUp(ref: number): void {
    const target = this.#targets.get(ref);
    if (target) this.#remove(ref, target, false);
  }

  has(ref: number): boolean {
    return this.#targets.has(ref);
  }

  /**
   * Asks the rules about all of it again, and ends what they deny now.
   *
   * @returns how much of what was in force was ended.
   */
  async askAgain(): Promise<number> {
    this.#round += 1;
    const ended = [...this.#targets].map(async ([ref, target]) => {
      const { granted } = target;
      return !(await this.#ask(ref, target)) && granted;
    });
    return (await Promise.all(ended)).filter(Boolean).length;
  }

  /** Ends all of it. */
  cutOff(error: (name: string) => EventwireError): void {
    for (const [ref, target] of [...this.#targets]) this.#cutOff(ref, target, error(target.names[0]!));
  }

  /** The peer has left. */
  end(): void {
    for (const [ref, { names, key, granted, wanted }] of this.#targets) {
      if (granted && wanted) this.#release(ref, wanted, false);
      else if (granted) this.#host.leave(this.#peer, names[0]!, key);
    }
    this.#targets.clear();
    this.#again = undefined;
    this.#host.ends.set(this, Infinity);
  }

  due(now: number): void {
    for (const [ref, target] of [...this.#targets]) {
      if (target.until <= now)
        this.#cutOff(ref, target, refusal(target, { ...denying, name: target.names[0]! }));
    }
    this.#nextEnd = Infinity;
    for (const { until } of this.#targets.values()) this.#watch(until);
  }

  /** @returns whether it is still listened to, or was ended by the peer itself. A promise where a rule gives one. */
  #ask(ref: number, target: Target): boolean | Promise<boolean> {
    const round = this.#round;
    const decision = this.#decide(target, target.names);
    if (!(decision instanceof Promise)) return this.#settle(ref, target, decision);
    target.asking += 1;
    return decision.then((settled) => {
      target.asking -= 1;
      if (this.#targets.get(ref) !== target) {
        this.#abandoned -= 1;
        return true;
      }
      // Since then all was asked again, this too.
      return round === this.#round ? this.#settle(ref, target, settled) : true;
    });
  }

  /** What is followed or done together is allowed together. */
  #decide(
    target: Target,
    [name, ...others]: readonly string[],
    before: Decision = allowed,
  ): Named | Promise<Named> {
    const { key, wanted } = target;
    const { core, gates } = this.#host;
    const question = { peer: this.#peer, name: name! };
    const decision = isShared(wanted)
      ? gates.group.decide({ ...question, group: wanted.group })
      : gates.listen.decide({ ...question, key: askedKey(core, name!, key) });
    const goOn = (decided: Decision): Named | Promise<Named> => {
      if (decided.outcome !== "allows") return { ...decided, name: name! };
      const both = { ...sooner(before, decided), name: name! };
      return others.length === 0 ? both : this.#decide(target, others, both);
    };
    return decision instanceof Promise ? decision.then(goOn) : goOn(decision);
  }

  #settle(ref: number, target: Target, decision: Named): boolean {
    if (decision.outcome !== "allows") {
      this.#cutOff(ref, target, refusal(target, decision));
      return false;
    }
    const { until } = decision;
    target.until = until;
    this.#watch(until);
    if (target.granted) return true;
    target.granted = true;
    const { names, key, wanted } = target;
    if (wanted) {
      if (isShared(wanted)) this.#replies.join(ref, names, wanted);
      else this.#replies.follow(ref, names, key, wanted);
      return true;
    }
    if (!this.#host.join(this.#peer, names[0]!, key)) this.#count(target, 1);
    this.#replies.granted(ref);
    return true;
  }

  #cutOff(ref: number, target: Target, error: EventwireError): void {
    this.#remove(ref, target, false);
    this.#replies.fail(ref, error);
  }

  /** @param told whether the peer knows that it ends. */
  #remove(ref: number, target: Target, told: boolean): void {
    this.#targets.delete(ref);
    this.#abandoned += target.asking;
    if (!target.granted) return;
    if (target.wanted) {
      this.#release(ref, target.wanted, told);
      return;
    }
    // A second listen of the same target still holds it.
    if (!this.#again || !this.#count(target, -1)) this.#host.leave(this.#peer, target.names[0]!, target.key);
  }

  #release(ref: number, wanted: Wanted | Shared, told: boolean): void {
    if (isShared(wanted)) this.#replies.leave(ref, told);
    else this.#replies.unfollow(ref);
  }

  /** Counts what is listened to again. @returns false where it is not. */
  #count({ names, key }: Target, change: number): boolean {
    const text = `${names[0]} ${typeof key} ${key}`;
    this.#again ??= new Map();
    const count = (this.#again.get(text) ?? 0) + change;
    if (count > 0) this.#again.set(text, count);
    else this.#again.delete(text);
    if (this.#again.size === 0) this.#again = undefined;
    return count >= 0;
  }

  #watch(until: number): void {
    if (until >= this.#nextEnd) return;
    this.#nextEnd = until;
    this.#host.ends.set(this, until);
  }
}

/** @throws {EventwireError} when nobody may listen to this from over a link. */
export function checkListenable(
  { contract }: BusCore,
  name: string,
  key: Key | undefined,
  durable: boolean,
): void {
  const definition = durable ? durableDefinitionOf(contract, name) : eventDefinitionOf(contract, name);
  if (definition.from === "client") throw denied(name, "listened to by clients");
  if (key !== undefined && !definition.key) throw invalid(name, "it has no key");
}

/** Whether it is followed, and not listened to. */
export function isDurable({ contract }: BusCore, name: string): boolean {
  return (definitionOf(contract, name) as Partial<EventDefinition>).delivery === "durable";
}

/** What a rule is shown as the key. */
export function askedKey(
  { contract }: BusCore,
  name: string,
  key: Key | undefined,
): Key | typeof everyKey | undefined {
  return key === undefined && (definitionOf(contract, name) as EventDefinition).key ? everyKey : key;
}

function isShared(wanted: Target["wanted"]): wanted is Shared {
  return wanted !== undefined && "group" in wanted;
}

function refusal({ wanted }: Target, decision: Named): EventwireError {
  const what = isShared(wanted) ? `done in "${wanted.group}" by this user` : "listened to by this user";
  return notAllowed(decision.name, what, decision);
}
