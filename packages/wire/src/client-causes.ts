import type { Contract } from "@eventwire/core";
import { type Cause, Chain } from "@eventwire/core/attach";

/** What a client says led to its message, marked as its word. What this side does not know is left out. */
export function clientCauses({ definitions }: Contract, said: readonly Cause[]): Chain | undefined {
  const known = said.filter(
    ({ name, kind }) => Object.hasOwn(definitions, name) && definitions[name]?.kind === kind,
  );
  return Chain.from(known, true);
}
