import {
  type Broker,
  type Contract,
  createBus,
  type EnqueuedTask,
  EventwireError,
  type NewTask,
} from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";

/** Where a schedule stands, and who moves it. */
export interface Move {
  readonly id: string;
  readonly cursor: string;
  readonly token: number;
  readonly state: Uint8Array;
  /** For how long the cursor is held on to, in milliseconds. */
  readonly lease: number;
}

/** Somebody else has the schedule now, and nothing was enqueued. */
export class CursorLost extends EventwireError {
  readonly code = "CursorLost";
}

/** What is used of a bus, of whatever contract. */
interface Enqueueing {
  enqueue(name: string, data: unknown, options: { readonly dedupe: string }): Promise<unknown>;
  close(options: { readonly drain: number }): Promise<void>;
}

/** Enqueues a task and moves the cursor of a schedule with it: in one transaction, where the broker has them. */
export class WayIn {
  readonly #bus: Enqueueing;
  #move: Move | undefined;

  constructor(contract: Contract, core: BusCore, broker: Broker) {
    const enqueue = (batch: readonly NewTask[]) => this.#write(broker, batch);
    this.#bus = createBus(contract, {
      broker: withEnqueue(broker, enqueue),
      runtime: core.runtime,
      onError: (error) => core.report(error),
    }) as unknown as Enqueueing;
  }

  /** One at a time. Rejects with a `CursorLost` where the cursor is another's, with what `enqueue` does, and has then done nothing. */
  async enqueue(name: string, data: unknown, dedupe: string, move: Move): Promise<void> {
    this.#move = move;
    await this.#bus.enqueue(name, data, { dedupe });
  }

  close(drain: number): Promise<void> {
    return this.#bus.close({ drain });
  }

  async #write(broker: Broker, batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]> {
    const { id, ...save } = this.#move!;
    if (broker.features.transactions) {
      const written = await broker.write({ id, save: [save], enqueue: batch });
      if (written.type === "written") return written.enqueued;
      throw lost(save.cursor);
    }
    // Its id makes what is done again a repetition.
    const enqueued = await broker.tasks.enqueue(batch);
    const { cursor, token, state, lease } = save;
    if (await broker.log.save(cursor, token, state, lease)) return enqueued;
    throw lost(cursor);
  }
}

function lost(cursor: string): CursorLost {
  return new CursorLost(`The schedule ${cursor} is another's.`);
}

/** The same broker, opened and closed by others, with another way in. */
function withEnqueue(broker: Broker, enqueue: Broker["tasks"]["enqueue"]): Broker {
  const { features, log, tasks, signals } = broker;
  return {
    features,
    log,
    signals,
    write: (write) => broker.write(write),
    open: async () => undefined,
    close: async () => undefined,
    tasks: {
      enqueue,
      claim: (query) => tasks.claim(query),
      reclaim: (query) => tasks.reclaim(query),
      settle: (batch) => tasks.settle(batch),
      watch: (names, hint) => tasks.watch(names, hint),
      counts: (name) => tasks.counts(name),
      dead: (name, after, limit) => tasks.dead(name, after, limit),
      redrive: (name, ids) => tasks.redrive(name, ids),
      cancel: (name, ids) => tasks.cancel(name, ids),
      pause: (name, paused) => tasks.pause(name, paused),
      forget: (name, before) => tasks.forget(name, before),
      states: (ids) => tasks.states(ids),
      watchStates: (names, hint) => tasks.watchStates(names, hint),
    },
  };
}
