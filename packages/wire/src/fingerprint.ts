import type { Contract } from "@eventwire/core";
import { traitsEntries } from "./traits.js";

/**
 * A short text that two contracts share when their names, kinds, senders, deliveries and whether they have keys are the
 * same. A difference refuses nobody, since one side may be a release ahead: it has the server tell what it has.
 *
 * The hash is FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
 */
export function fingerprint(contract: Contract): string {
  const lines = traitsEntries(contract).map(
    ([name, kind, from, delivery, keyed]) => `${name} ${kind} ${from} ${delivery} ${keyed ? "keyed" : ""}`,
  );
  let hash = 0x811c9dc5;
  for (const character of lines.sort().join("\n")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
