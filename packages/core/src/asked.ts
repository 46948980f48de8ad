import { type Cause, Chain } from "./cause.js";
import type { Peer, RequestMessage } from "./message.js";

/** A request that was asked, and what it leads to is caused by. */
export class Asked implements RequestMessage {
  readonly kind = "request";
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly peer: Peer | undefined;
  readonly cause: readonly Cause[];
  readonly #chain: Chain;

  /**
   * @param parent what led to it.
   * @param untrusted whether a client asks.
   */
  constructor(
    id: string,
    name: string,
    input: unknown,
    peer: Peer | undefined,
    parent: Chain | undefined,
    untrusted: boolean,
  ) {
    this.id = id;
    this.name = name;
    this.input = input;
    this.peer = peer;
    this.cause = Chain.told(parent);
    this.#chain = new Chain("request", name, id, "", parent, untrusted);
  }

  get chain(): Chain {
    return this.#chain;
  }
}
