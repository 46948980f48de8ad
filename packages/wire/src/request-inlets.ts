import type { BusCore, RequestDefinition } from "@eventwire/core/attach";
import { checkedRequest } from "./checked-request.js";
import { allowed, type Decision } from "./decision.js";
import type { Gate } from "./gate.js";
import { type OwnRequest, type OwnRequests, ownDefinition } from "./own-request.js";

/** The way in for what peers ask under one name. */
export interface RequestInlet {
  readonly definition: RequestDefinition;
  /** What the rules say whoever asks; `undefined` where they have to be asked each time. */
  readonly standing: Decision | undefined;
  /** Where it is the protocol's own. */
  readonly own?: OwnRequest;
}

/** Found once a name. */
export class RequestInlets {
  readonly #core: BusCore;
  readonly #gate: Gate | undefined;
  readonly #own: OwnRequests | undefined;
  readonly #byName = new Map<string, RequestInlet>();

  /** @param gate who may ask. Default: all may. @param own what is the protocol's own. */
  constructor(core: BusCore, gate?: Gate, own?: OwnRequests) {
    this.#own = own;
    this.#core = core;
    this.#gate = gate;
  }

  /** @throws {EventwireError} when it may not be asked, whatever rules say. */
  of(name: string): RequestInlet {
    const known = this.#byName.get(name);
    if (known) return known;
    const own = this.#own?.get(name);
    if (own) {
      const inlet: RequestInlet = { definition: ownDefinition(own.streamed), standing: undefined, own };
      this.#byName.set(name, inlet);
      return inlet;
    }
    const definition = checkedRequest(this.#core, this.#gate, name);
    const inlet = { definition, standing: this.#gate ? this.#gate.standing(name) : allowed };
    // The name is one of the contract, so that this cannot grow without bound.
    this.#byName.set(name, inlet);
    return inlet;
  }
}
