import type { HandlerContext } from "./bus.js";
import type { Cancellation } from "./cancellation.js";
import type { Cause } from "./cause.js";
import { DeclaredError } from "./errors/declared-error.js";
import type { Peer, RequestMessage } from "./message.js";

/** A request as its handler, and middleware around it, get it. What only some of them look at is made when they do. */
export class RequestContext implements HandlerContext<Record<string, unknown>>, RequestMessage {
  readonly kind = "request";
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly peer: Peer | undefined;
  readonly cause: readonly Cause[];
  readonly #cancellation: Cancellation;

  constructor({ id, name, input, peer, cause }: RequestMessage, cancellation: Cancellation) {
    this.id = id;
    this.name = name;
    this.input = input;
    this.peer = peer;
    this.cause = cause;
    this.#cancellation = cancellation;
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /** Its own function, for handlers take it out of the context. */
  get error(): HandlerContext<Record<string, unknown>>["error"] {
    return (code, detail) => new DeclaredError(this.name, code, detail);
  }
}
