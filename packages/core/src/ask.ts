import type { Asked } from "./asked.js";
import type { BusCore } from "./bus-core.js";
import type { Cancellation } from "./cancellation.js";
import { defaultTimeout, promised, within } from "./deadline.js";
import { ItemIterator } from "./item-iterator.js";
import { type Reply, reply } from "./reply.js";
import type { Taker } from "./taker.js";

export interface AskOptions {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a request is to be answered. */
export interface Asking {
  /** How long it may take until it is answered, or its answer begins. */
  readonly timeout: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: Cancellation;
  /** Of a streamed answer. */
  readonly taker: Taker | undefined;
}

/**
 * Asks a request within its time, and tells observers.
 *
 * @param begin checks whether it may be asked, and gives what has it answered.
 */
export function ask(
  core: BusCore,
  asked: Asked,
  streamed: boolean,
  { timeout = defaultTimeout, signal }: AskOptions,
  begin: () => (asking: Asking) => unknown,
): Reply<unknown, unknown> | AsyncIterableIterator<unknown, undefined> {
  const onClose = (end: () => void) => core.onClose(end);
  const run = (aborted: AbortSignal | undefined, items?: ItemIterator): unknown => {
    const answer = begin();
    return core.answering(asked, () =>
      within(core.runtime, asked.request.name, { timeout, signal: aborted, onClose }, (aborting, begun) => {
        const taker = items && {
          begun,
          wanted: () => items.wanted(),
          give: (item: unknown) => items.give(item),
        };
        return answer({ timeout, signal: aborting, taker });
      }),
    );
  };
  return streamed
    ? new ItemIterator(async (items, aborted) => run(aborted, items), signal)
    : reply(promised(() => run(signal)));
}
