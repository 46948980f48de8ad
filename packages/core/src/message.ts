import type { BrokerFeatures } from "./broker.js";
import { type Cause, type Caused, Chain, idOf } from "./cause.js";
import type { Contract, Data, EventName, KeyOf } from "./contract.js";
import type { Key } from "./key.js";
import type { Matching, Pattern } from "./pattern.js";

declare const offset: unique symbol;
/** A position in a log, opaque: `epoch.number`. */
export type Offset = string & { readonly [offset]: true };

/** What a durable emit resolves with, once the log has the event. */
export interface Receipt {
  readonly id: string;
  /** Its position; `undefined` only of a repetition whose first one the log keeps no longer. */
  readonly offset: Offset | undefined;
  /** What it survives: nothing but the broker's object, the end of the process, or a loss of power. */
  readonly durability: BrokerFeatures["durability"];
  /** Whether the log had it already. */
  readonly duplicate: boolean;
}

/** The bus at the other end of a link. */
export interface Peer {
  /** Unique among the connections of this process. */
  readonly id: string;
  /** Who it is, as the server's `authenticate` answered; `undefined` where the peer is the server. */
  readonly user: unknown;
}

/** What is known of an event besides its data. */
export interface Context<N extends string = string, K = unknown> extends Caused {
  /** The same at every listener, also across links. Unique where it was made; of a client's event, the client's word. */
  readonly id: string;
  readonly name: N;
  readonly key: K | undefined;
  /** When it was emitted, in milliseconds since the Unix epoch; read once a turn of the event loop. */
  readonly time: number;
  /** Its position in the log; `undefined` unless it is durable. */
  readonly offset: Offset | undefined;
  /** 1, unless it is delivered again, or may be: after the loss of a member of its group. */
  readonly attempt: number;
  /** Where it came from; `undefined` when it was emitted on this bus. */
  readonly peer: Peer | undefined;
}

/** A request, as it is told to those who look on. */
export interface RequestMessage<N extends string = string, Input = unknown> extends Caused {
  readonly kind: "request";
  readonly name: N;
  readonly input: Input;
  /** Who asks; `undefined` when it was asked on this bus. */
  readonly peer: Peer | undefined;
}

/** An event with its name and data, as listeners of a pattern get it: a discriminated union by `name`. */
export interface Message<N extends string, Data, K> extends Context<N, K> {
  readonly data: Data;
}

/** The message of each name in `N`. */
export type MessageOf<C extends Contract, N extends EventName<C>> = N extends unknown
  ? Message<N, Data<C, N>, KeyOf<C, N>>
  : never;

/** The messages of each pattern. A lookup, not a conditional: 20 times cheaper to check at each use of a pattern. */
export type MessagesByPattern<C extends Contract> = {
  [P in Pattern<EventName<C>>]: MessageOf<C, Matching<EventName<C>, P> & EventName<C>>;
};

/** One event on its way through a bus. Its id is put together when somebody asks, since most are never asked. */
export class EventMessage implements Message<string, unknown, Key> {
  readonly name: string;
  readonly data: unknown;
  readonly key: Key | undefined;
  readonly time: number;
  readonly peer: Peer | undefined;
  readonly #id: string | number;
  readonly #prefix: string;
  readonly #parent: Chain | undefined;

  /**
   * @param id a count, for an event of this bus.
   * @param prefix goes before a count.
   * @param parent what led to it.
   */
  constructor(
    name: string,
    data: unknown,
    key: Key | undefined,
    time: number,
    peer: Peer | undefined,
    id: string | number,
    prefix: string,
    parent: Chain | undefined,
  ) {
    this.name = name;
    this.data = data;
    this.key = key;
    this.time = time;
    this.peer = peer;
    this.#id = id;
    this.#prefix = prefix;
    this.#parent = parent;
  }

  get id(): string {
    return idOf(this.#id, this.#prefix);
  }

  /** What comes before the count in its id; all of it, where it is no count. */
  get idPrefix(): string {
    return typeof this.#id === "number" ? this.#prefix : this.#id;
  }

  /** The count in its id. */
  get idNumber(): number | undefined {
    return typeof this.#id === "number" ? this.#id : undefined;
  }

  get kind(): "event" {
    return "event";
  }

  get cause(): readonly Cause[] {
    return Chain.told(this.#parent);
  }

  /** Whether something led to it. */
  get caused(): boolean {
    return this.#parent !== undefined;
  }

  /** Whether nobody observes it. */
  get silent(): boolean {
    return this.#parent?.silent ?? false;
  }

  /** What this leads to is caused by. @param untrusted whether a client sent it. */
  chain(untrusted: boolean): Chain {
    return new Chain("event", this.name, this.#id, this.#prefix, this.#parent, untrusted);
  }

  get offset(): Offset | undefined {
    return undefined;
  }

  get attempt(): number {
    return 1;
  }
}
