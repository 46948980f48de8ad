import type { LogRecord } from "@eventwire/core";
import { type BusCore, encodeJson, type StoredMessage, validate } from "@eventwire/core/attach";
import { messageLevels } from "./frames.js";
import { Outgoing } from "./outgoing.js";
import { durableDefinitionOf } from "./refusal.js";

interface Encoded {
  readonly data: string;
  /** Peers that follow the same give it the same number, as a rule: they share the message, and so their frames. */
  readonly byRef: Map<number, Outgoing>;
}

/** Durable events on their way out: each is checked and encoded once, however many peers get it at that time. */
export class StoredEvents {
  readonly #core: BusCore;
  readonly #encoded = new WeakMap<LogRecord, Encoded>();

  constructor(core: BusCore) {
    this.#core = core;
  }

  /**
   * @throws {InvalidError} when the contract does not accept it any more.
   */
  outgoing(ref: number, message: StoredMessage): Outgoing {
    const { record, name, number, id, time } = message;
    let encoded = this.#encoded.get(record);
    if (!encoded) {
      encoded = { data: this.#encode(message), byRef: new Map() };
      this.#encoded.set(record, encoded);
    }
    let outgoing = encoded.byRef.get(ref);
    if (!outgoing) {
      const text = `["stored",${ref},${number},"${name}",${encoded.data},${JSON.stringify(id)},${time}]`;
      outgoing = new Outgoing(undefined, text, ["stored", ref]);
      encoded.byRef.set(ref, outgoing);
    }
    return outgoing;
  }

  /** What a schema does not know stays here: the log may hold more than its type says. */
  #encode({ name, data, flaw }: StoredMessage): string {
    if (flaw) throw flaw;
    const { schema } = durableDefinitionOf(this.#core.contract, name);
    return encodeJson(validate(schema, name, data), name, messageLevels);
  }
}
