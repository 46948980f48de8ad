import type { Contract } from "@eventwire/core";
import { type Cause, Chain } from "@eventwire/core/attach";

/** An id is told and printed, so it has no characters that do something there. That of a task may have any, by its `dedupe`. */
const printable = /^[ -~]+$/;

/** What a client says led to its message, marked as its word. What this side does not know, or cannot tell, is left out. */
export function clientCauses({ definitions }: Contract, said: readonly Cause[]): Chain | undefined {
  const known = said.filter(
    ({ id, name, kind }) =>
      printable.test(id) && Object.hasOwn(definitions, name) && definitions[name]?.kind === kind,
  );
  return Chain.from(known, true);
}
