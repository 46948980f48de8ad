import {
  type BusCore,
  type Chain,
  EventMessage,
  examine,
  idOf,
  inWords,
  plainIssues,
} from "@eventwire/core/attach";
import { clientCauses } from "./client-causes.js";
import type { Decision } from "./decision.js";
import { type Failure, invalidity } from "./failure.js";
import type { Gate } from "./gate.js";
import { boundedKey, emitDenial, type Inlet, type Inlets } from "./inlets.js";
import type { Event, Events } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import type { Rates } from "./rates.js";
import { closing } from "./refusal.js";

export interface EmittingHost {
  readonly core: BusCore;
  readonly gates: { readonly emit: Gate };
  readonly inlets: Inlets;
  readonly rates: Rates;
}

export interface EmittingReplies {
  /** An event was refused for what it is. */
  tellRefusal(id: string, name: string, failure: Failure): void;
  /** Taking it failed. */
  refuse(id: string, name: string, error: unknown): void;
}

/** Takes the events of one peer. */
export class Emitting {
  readonly #host: EmittingHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #replies: EmittingReplies;
  #ended = false;

  constructor(host: EmittingHost, peer: ConnectedPeer<unknown>, replies: EmittingReplies) {
    this.#host = host;
    this.#peer = peer;
    this.#replies = replies;
  }

  /** @returns a promise where a rule gives one. It never rejects. */
  event([, name, data, id, said]: Event): Promise<void> | undefined {
    const causes = typeof said === "object" ? clientCauses(this.#host.core.contract, said) : undefined;
    return this.#take(name, data, id, "", causes);
  }

  /** The events of a run, one after the other. @returns a promise where a rule gives one. It never rejects. */
  events(run: Events, from = 4, before = 0): Promise<void> | undefined {
    const [, name, prefix] = run;
    let number = before;
    for (let index = from; index < run.length && !this.#ended; index += 2) {
      number += run[index] as number;
      const decided = this.#take(name, run[index + 1], number, prefix, undefined);
      if (decided) return decided.then(() => this.events(run, index + 2, number));
    }
    return undefined;
  }

  /** The peer has left: what waits for a decision is not taken. */
  end(): void {
    this.#ended = true;
  }

  /** @param id a number where it goes on from the prefix. */
  #take(
    name: string,
    data: unknown,
    id: string | number,
    prefix: string,
    cause: Chain | undefined,
  ): Promise<void> | undefined {
    const { gates, inlets, rates } = this.#host;
    try {
      const inlet = inlets.of(name);
      const result = examine(inlet.schema, name, data);
      if (result.issues) {
        const issues = plainIssues(result.issues);
        this.#replies.tellRefusal(idOf(id, prefix), name, invalidity(inWords(name, issues), issues));
        return undefined;
      }
      const { value } = result;
      const key = boundedKey(inlet.topic, value);
      rates.take(this.#peer, name);
      const decision = inlet.standing ?? gates.emit.decide({ peer: this.#peer, name, key, data: value });
      const { core } = this.#host;
      const message = new EventMessage(name, value, key, core.runtime.now(), this.#peer, id, prefix, cause);
      if (decision instanceof Promise) return decision.then((settled) => this.#heed(inlet, message, settled));
      this.#deliver(inlet, message, decision);
    } catch (error) {
      this.#replies.refuse(idOf(id, prefix), name, error);
    }
    return undefined;
  }

  #heed(inlet: Inlet, message: EventMessage, decision: Decision): void {
    if (this.#ended) return;
    try {
      this.#deliver(inlet, message, decision);
    } catch (error) {
      this.#replies.refuse(message.id, message.name, error);
    }
  }

  #deliver({ topic }: Inlet, message: EventMessage, { outcome, reason }: Decision): void {
    const { core } = this.#host;
    if (outcome !== "allows") throw emitDenial(topic.name, reason);
    if (core.closed) throw closing(topic.name);
    core.deliver(topic, message);
  }
}
