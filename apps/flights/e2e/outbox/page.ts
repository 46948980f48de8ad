import type { OpenOutbox, OutboxEntry, OutboxState } from "@eventwire/core";
import { indexedDb } from "@eventwire/outbox/indexeddb";

/** An open outbox as a test sees it from outside of the page. */
export interface Found {
  readonly id: number;
  readonly producer: string;
  readonly state: OutboxState;
  readonly entries: readonly OutboxEntry[];
}

/** What came of a call: an error's own fields would not leave the page. */
export type Outcome<T> = { readonly value: T } | { readonly error: Failure };

export interface Failure {
  readonly code: string;
  readonly reason?: string;
  readonly retryable: boolean;
  readonly message: string;
}

const outboxes: OpenOutbox[] = [];
const signals = new Map<number, AbortController>();

function found(outbox: OpenOutbox): Found {
  const { producer, state, entries } = outbox;
  return { id: outboxes.push(outbox) - 1, producer, state, entries };
}

/** Does what it is asked for and tells the test, which the debugger of a busy page does not always do. */
async function answer<T>(call: number, work: () => Promise<T>): Promise<void> {
  const outcome: Outcome<T> = await work().then(
    (value) => ({ value }),
    ({ code, reason, retryable, message }: Failure) => ({
      error: { code, retryable, message, ...(reason !== undefined && { reason }) },
    }),
  );
  window.tellOutcome(call, outcome);
}

const page = {
  open(call: number, name: string, durability: "relaxed" | "strict"): void {
    void answer(call, async () => {
      const controller = new AbortController();
      signals.set(call, controller);
      const left = (outbox: OpenOutbox) => window.tellLeft(call, found(outbox));
      return found(await indexedDb(name, { durability }).open({ left, signal: controller.signal }));
    });
  },
  stop: (opening: number) => signals.get(opening)?.abort(),
  put: (call: number, id: number, entries: readonly OutboxEntry[]) =>
    void answer(call, () => outboxes[id]!.put(entries)),
  advance: (call: number, id: number, done: number, state: OutboxState) =>
    void answer(call, () => outboxes[id]!.advance(done, state)),
  close: (call: number, id: number) => void answer(call, () => outboxes[id]!.close()),
  /** Opens an outbox that nobody is told of. @returns how many entries it has. */
  async count(name: string): Promise<number> {
    const { entries } = await indexedDb(name).open(alone);
    return entries.length;
  },
  /** Puts numbered entries and lets go of them, until the page ends, and tells how far it has come. */
  async churn(name: string): Promise<void> {
    const outbox = await indexedDb(name).open(alone);
    let { state } = outbox;
    let next = state.first + outbox.entries.length;
    let kept = next - 1;
    for (;;) {
      const put = async (number: number) => {
        await outbox.put([{ id: `id-${number}`, name: "a", time: number, body: `${number}` }]);
        kept = number;
      };
      const advance = async () => {
        const done = Math.min(kept - state.first + 1, next % 7);
        const after = { ...state, first: state.first + done };
        await outbox.advance(done, after);
        state = after;
      };
      await Promise.all([...Array.from({ length: 1 + (next % 4) }, () => put(next++)), advance()]);
      window.tellProgress(kept, state.first - 1);
    }
  },
  /** Puts so many entries in one turn. @returns how many transactions that takes. */
  async transactionsOf(puts: number): Promise<number> {
    const outbox = await indexedDb("counted").open(alone);
    const { transaction } = IDBDatabase.prototype;
    let count = 0;
    IDBDatabase.prototype.transaction = function (...parameters) {
      count += 1;
      return transaction.apply(this, parameters);
    };
    const entry = { id: "id", name: "a", time: 0, body: "" };
    await Promise.all(Array.from({ length: puts }, () => outbox.put([entry])));
    IDBDatabase.prototype.transaction = transaction;
    return count;
  },
};

const alone = { left: () => undefined, signal: AbortSignal.abort() };

declare global {
  interface Window {
    outbox: typeof page;
    /** What the test gives the page, to tell what came of a call. */
    tellOutcome(call: number, outcome: Outcome<unknown>): void;
    /** The same, of an outbox that an opening is told of. */
    tellLeft(opening: number, outbox: Found): void;
    /** The same, of the largest numbers that were put and let go of. */
    tellProgress(kept: number, gone: number): void;
  }
}
window.outbox = page;
