import type { Contract } from "@eventwire/core";
import type { Definition } from "@eventwire/core/attach";

/**
 * A short text that two contracts share when their names, kinds, deliveries and senders are the same. It is diagnostic:
 * a difference refuses nobody, since one side may be a release ahead.
 *
 * The hash is FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
 */
export function fingerprint(contract: Contract): string {
  const lines = Object.entries(contract.definitions).map(
    ([name, definition]) => `${name} ${traits(definition)}`,
  );
  let hash = 0x811c9dc5;
  for (const character of lines.sort().join("\n")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function traits(definition: Definition): string {
  const { kind, from, delivery } = definition as Definition & {
    readonly from: string;
    readonly delivery?: string;
  };
  return `${kind} ${from} ${delivery ?? ""}`;
}
