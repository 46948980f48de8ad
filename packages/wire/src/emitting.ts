import { DeniedError, type EventwireError } from "@eventwire/core";
import { type BusCore, validate } from "@eventwire/core/attach";
import { clientCauses } from "./client-causes.js";
import type { Decision } from "./decision.js";
import type { Gate } from "./gate.js";
import { type Event, isBoundedKey, maxKeyBytes } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import type { Rates } from "./rates.js";
import { closing, denied, eventDefinitionOf, invalid } from "./refusal.js";

export interface EmittingHost {
  readonly core: BusCore;
  readonly gates: { readonly emit: Gate };
  readonly rates: Rates;
}

/** Takes the events of one peer. */
export class Emitting {
  readonly #host: EmittingHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #refuse: (id: string, name: string, error: unknown) => void;
  #ended = false;

  constructor(
    host: EmittingHost,
    peer: ConnectedPeer<unknown>,
    refuse: (id: string, name: string, error: unknown) => void,
  ) {
    this.#host = host;
    this.#peer = peer;
    this.#refuse = refuse;
  }

  /** @returns a promise where a rule gives one. It never rejects. */
  event(message: Event): Promise<void> | undefined {
    const [, name, data, id] = message;
    const { core, gates, rates } = this.#host;
    try {
      const value = checkedEvent(core, gates.emit, name, data);
      rates.take(this.#peer, name);
      const { key } = value;
      const decision = gates.emit.decide({ peer: this.#peer, name, key, data: value.data });
      if (decision instanceof Promise) {
        return decision.then((settled) => {
          if (!this.#ended) this.#attempt(message, () => this.#deliver(message, value.data, settled));
        });
      }
      this.#deliver(message, value.data, decision);
    } catch (error) {
      this.#refuse(id, name, error);
    }
    return undefined;
  }

  /** The peer has left: what waits for a decision is not taken. */
  end(): void {
    this.#ended = true;
  }

  #attempt([, name, , id]: Event, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#refuse(id, name, error);
    }
  }

  #deliver([, name, , id, said]: Event, data: unknown, { outcome, reason }: Decision): void {
    const { core } = this.#host;
    if (outcome !== "allows") throw emitDenial(name, reason);
    if (core.closed) throw closing(name);
    const cause = typeof said === "object" ? clientCauses(core.contract, said) : undefined;
    core.deliver(core.topics.get(name)!, data, { id, time: core.runtime.now(), peer: this.#peer, cause });
  }
}

/**
 * The data and key of an event that a client may emit if the rules let it.
 *
 * @throws {EventwireError} when it may not, whatever rules say.
 */
export function checkedEvent(
  core: BusCore,
  gate: Gate | undefined,
  name: string,
  data: unknown,
): { readonly data: unknown; readonly key: string | number | undefined } {
  const { from, schema } = eventDefinitionOf(core.contract, name);
  if (from === "server") throw denied(name, "emitted by clients");
  if (gate && !gate.mentions(name)) throw emitDenial(name, undefined);
  const value = validate(schema, name, data);
  const key = core.topics.get(name)!.key(value);
  if (key !== undefined && !isBoundedKey(key)) throw invalid(name, `its key is over ${maxKeyBytes} bytes`);
  return { data: value, key };
}

function emitDenial(name: string, reason: string | undefined): EventwireError {
  return reason === undefined ? denied(name, "emitted by this user") : new DeniedError(reason, { name });
}
