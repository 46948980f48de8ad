import type { Asked } from "./asked.js";
import type { BusCore, Uplink } from "./bus-core.js";
import type { Abortable, Cancellation } from "./cancellation.js";
import { Chain } from "./cause.js";
import { checkBounds, defaultTimeout, promised, within } from "./deadline.js";
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
  /** Aborts when nobody waits for the answer any more; `undefined` where only its time can end. */
  readonly signal: Abortable | undefined;
  /** Of a streamed answer. */
  readonly taker: Taker | undefined;
}

/** How a request is to be answered that is given up from here. */
interface Bounded extends Asking {
  readonly signal: Cancellation;
}

type Answered = Reply<unknown, unknown> | AsyncIterableIterator<unknown, undefined>;

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
  begin: () => (asking: Bounded) => unknown,
): Answered {
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

/** What is asked over an uplink. */
interface Question {
  readonly name: string;
  readonly input: unknown;
  readonly streamed: boolean;
  /** What leads to it. Default: what is under way. */
  readonly said: Chain | undefined;
}

/**
 * Asks the other half of a client's bus, which ends what takes too long, and tells observers.
 *
 * @param check throws where it may not be asked.
 */
export function askUplink(
  core: BusCore,
  uplink: Uplink,
  { name, input, streamed, said }: Question,
  { timeout = defaultTimeout, signal }: AskOptions,
  check: () => void,
): Answered {
  const asked = streamed || core.inspect ? core.asked(name, input, undefined, said) : undefined;
  const run = (aborted: AbortSignal | undefined, work: () => unknown): unknown => {
    check();
    const checked = () => {
      checkBounds(name, timeout, aborted);
      return work();
    };
    return asked ? core.answering(asked, checked) : checked();
  };
  const request = (aborting: Abortable | undefined, taker: Taker | undefined) => {
    const cause = asked ? asked.request.cause : Chain.told(core.causeOr(said));
    return uplink.request(name, input, { timeout, signal: aborting, taker }, cause);
  };
  if (!streamed) return reply(promised(() => run(signal, () => request(signal, undefined))));
  const onClose = (end: () => void) => core.onClose(end);
  // Its items may wait here when the other half is done with it: its signal and its bus end it even then.
  return new ItemIterator(
    async (items, aborted) =>
      run(aborted, () =>
        within(core.runtime, name, { timeout: Infinity, signal: aborted, onClose }, (aborting) =>
          request(aborting, items),
        ),
      ),
    signal,
  );
}
