import type { Contract } from "@eventwire/core";
import type { Definition } from "@eventwire/core/attach";

/** Below the least that a frame holds. */
const partBytes = 3_000;

/** What two sides have to agree on of a message, beside its schema. */
export interface Traits {
  readonly kind: string;
  readonly from: string;
  /** Empty but for events. */
  readonly delivery: string;
  readonly keyed: boolean;
}

export function traitsOf(definition: Definition): Traits {
  const { kind, from, delivery, key } = definition as Definition & {
    readonly from: string;
    readonly delivery?: string;
    readonly key?: unknown;
  };
  return { kind, from, delivery: delivery ?? "", keyed: key !== undefined };
}

/** Traits as they cross a link, further fields ignored. */
export type TraitsEntry = readonly [
  name: string,
  kind: string,
  from: string,
  delivery: string,
  keyed: boolean,
];

export function traitsEntries({ definitions }: Contract): readonly TraitsEntry[] {
  return Object.entries(definitions).map(([name, definition]) => {
    const { kind, from, delivery, keyed } = traitsOf(definition);
    return [name, kind, from, delivery, keyed];
  });
}

/** In parts that fit into any frame. */
export function traitsParts(contract: Contract): readonly (readonly TraitsEntry[])[] {
  const parts: TraitsEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of traitsEntries(contract)) {
    const more = JSON.stringify(entry).length + 1;
    bytes += more;
    if (bytes > partBytes) {
      parts.push([]);
      bytes = more;
    }
    parts.at(-1)!.push(entry);
  }
  return parts;
}
