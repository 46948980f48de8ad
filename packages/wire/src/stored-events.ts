import type { LogRecord } from "@eventwire/core";
import { type BusCore, encodeJson, type StoredMessage, validate } from "@eventwire/core/attach";
import { messageLevels } from "./frames.js";
import { Outgoing } from "./outgoing.js";
import { durableDefinitionOf } from "./refusal.js";

/** How many characters are kept of what was made: a log in memory would keep it as long as its events. */
const mostKept = 4_000_000;
/** What a message weighs besides. */
const around = 256;

interface Encoded {
  readonly data: string;
  /** Peers that follow the same give it the same number, as a rule: they share the message, and so their frames. */
  readonly byRef: Map<number, Outgoing>;
}

/** Durable events on their way out: each is checked and encoded once, however many peers get it at that time. */
export class StoredEvents {
  readonly #core: BusCore;
  #encoded = new WeakMap<LogRecord, Encoded>();
  #kept = 0;

  constructor(core: BusCore) {
    this.#core = core;
  }

  /**
   * @throws {InvalidError} when the contract does not accept it any more.
   */
  outgoing(ref: number, message: StoredMessage): Outgoing {
    const { record, name, number, id, time } = message;
    const known = this.#encoded.get(record)?.byRef.get(ref);
    if (known) return known;
    if (this.#kept > mostKept) {
      this.#encoded = new WeakMap();
      this.#kept = 0;
    }
    const { data, byRef } = this.#encoded.get(record) ?? this.#keep(message);
    const text = `["stored",${ref},${number},"${name}",${data},${JSON.stringify(id)},${time}]`;
    const outgoing = new Outgoing(undefined, text, ["stored", ref]);
    byRef.set(ref, outgoing);
    this.#kept += text.length + around;
    return outgoing;
  }

  #keep(message: StoredMessage): Encoded {
    const encoded: Encoded = { data: this.#encode(message), byRef: new Map() };
    this.#kept += encoded.data.length + around;
    this.#encoded.set(message.record, encoded);
    return encoded;
  }

  /** What a schema does not know stays here: the log may hold more than its type says. */
  #encode({ name, data, flaw }: StoredMessage): string {
    if (flaw) throw flaw;
    const { schema } = durableDefinitionOf(this.#core.contract, name);
    return encodeJson(validate(schema, name, data), name, messageLevels);
  }
}
