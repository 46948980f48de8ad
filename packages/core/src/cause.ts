/** A message that led to another one. */
export interface Cause {
  readonly id: string;
  readonly name: string;
  readonly kind: "event" | "task" | "request";
  /** Whether a client sent it: its id is then the client's word. */
  readonly untrusted?: boolean;
}

/** What may be the cause of something: an event, a task or a request, as its listener, worker or handler gets it. */
export interface Caused extends Cause {
  /**
   * The messages that led to this one, newest first: `cause[0]` led to it directly. At most 16; of a longer chain, the
   * newest. Empty for what began by itself.
   */
  readonly cause: readonly Cause[];
}

/** How many messages of a chain are told. */
export const maxCauses = 16;

/**
 * A message and what led to it, as a list that is shared by all that it led to. It holds no data, and where it grows it is
 * cut at twice as many as are told: so that events that answer each other for ever keep little alive, and each link is
 * copied once on average.
 */
export class Chain implements Cause {
  readonly kind: Cause["kind"];
  readonly name: string;
  readonly untrusted: boolean;
  /** Whether nobody observes what it leads to. */
  readonly silent: boolean;
  readonly parent: Chain | undefined;
  /** How many links it keeps alive. */
  readonly length: number;
  readonly #id: string | number;
  readonly #prefix: string;

  /**
   * @param id a count, for a message of this bus: most are never told, so that it is put together when it is.
   * @param prefix goes before a count.
   */
  constructor(
    kind: Cause["kind"],
    name: string,
    id: string | number,
    prefix: string,
    parent: Chain | undefined,
    untrusted = false,
    silent = parent?.silent ?? false,
  ) {
    this.kind = kind;
    this.name = name;
    this.#id = id;
    this.#prefix = prefix;
    this.untrusted = untrusted;
    this.silent = silent;
    this.parent =
      parent && parent.length >= 2 * maxCauses ? Chain.from(Chain.told(parent), false, silent) : parent;
    this.length = (this.parent?.length ?? 0) + 1;
  }

  get id(): string {
    return idOf(this.#id, this.#prefix);
  }

  /** Newest first. */
  static told(chain: Chain | undefined): readonly Cause[] {
    const causes: Cause[] = [];
    for (let next = chain; next?.name && causes.length < maxCauses; next = next.parent) {
      const { id, name, kind } = next;
      causes.push({ id, name, kind, ...(next.untrusted && { untrusted: true }) });
    }
    return causes;
  }

  /** The chain of what somebody was given, or has kept. */
  static of({ kind, name, id, untrusted, cause }: Caused): Chain {
    return new Chain(kind, name, id, "", Chain.from(cause.slice(0, maxCauses - 1)), untrusted);
  }

  /**
   * @param causes newest first.
   * @param said whether all of it is a client's word.
   */
  static from(causes: readonly Cause[], said = false, silent = false): Chain | undefined {
    return causes.reduceRight<Chain | undefined>(
      (parent, { kind, name, id, untrusted }) =>
        new Chain(kind, name, id, "", parent, said || untrusted, silent),
      undefined,
    );
  }
}

/** What observers bring about: nobody is told of it, for who observes that would never come to an end. It has no name. */
export const silence = new Chain("event", "", "", "", undefined, false, true);

/** The id of what a bus makes is its own random part, then a count. */
export function idOf(id: string | number, prefix: string): string {
  return typeof id === "string" ? id : `${prefix}.${id.toString(36)}`;
}

/** `caused by order.placed 1a.2 <- order.requested 1a.1`, or nothing. */
export function inWords(chain: readonly Cause[]): string {
  if (chain.length === 0) return "";
  const words = chain.map(({ name, id, untrusted }) => `${name} ${id}${untrusted ? " (untrusted)" : ""}`);
  return ` (caused by ${words.join(" <- ")})`;
}
