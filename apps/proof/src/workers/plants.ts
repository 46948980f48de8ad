import { setTimeout as sleep } from "node:timers/promises";
import type { Broker, ClaimedTask, NewTask, Write, Written } from "@eventwire/core";

/** Mistakes that a broker of tasks makes when it is told to: each must be found out. */
export const workPlants = [
  /** What is enqueued is acknowledged, and then written. */
  "enqueued-before-commit",
  /** What goes with the end of a task is written although its worker has lost it. */
  "end-without-its-fence",
  /** Tasks of one key are done at once. */
  "keys-at-once",
  /** The second attempt is a first one again. */
  "attempts-counted-late",
] as const;

export type WorkPlant = (typeof workPlants)[number];

/** How much sooner leases are over than who has them thinks, so that much is lost that is not known to be. */
const hurry = 30;
/** How long an early acknowledgement is ahead of its write, in milliseconds. */
const late = 1_000;

/** The same broker, with a bug if one is planted. */
export function plantedTasks(broker: Broker, plant: WorkPlant | undefined): Broker {
  if (!plant) return broker;
  const { tasks } = broker;
  const changed: Partial<Broker> & { readonly tasks?: Broker["tasks"] } = {
    "enqueued-before-commit": { tasks: over(tasks, { enqueue: enqueuingLate(tasks) }) },
    "end-without-its-fence": {
      tasks: over(tasks, { claim: (query) => tasks.claim({ ...query, lease: query.lease / hurry }) }),
      write: unfenced(broker),
    },
    "keys-at-once": { tasks: over(tasks, { enqueue: (batch) => tasks.enqueue(batch.map(keyless)) }) },
    "attempts-counted-late": {
      tasks: over(tasks, { claim: async (query) => (await tasks.claim(query)).map(countedLate) }),
    },
  }[plant];
  return over(broker, changed);
}

function over<Whole extends object>(whole: Whole, changed: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get(_, name) {
      const value: unknown = Reflect.get(changed, name) ?? Reflect.get(whole, name, whole);
      return typeof value === "function" ? value.bind(whole) : value;
    },
  });
}

function enqueuingLate(tasks: Broker["tasks"]): Broker["tasks"]["enqueue"] {
  return async (batch) => {
    // Should it fail, nobody hears of it: a process that fell would be found out for that.
    void sleep(late).then(() => tasks.enqueue(batch).catch(() => undefined));
    return batch.map(({ id }) => ({ id, duplicate: false }));
  };
}

function unfenced(broker: Broker) {
  return async (write: Write): Promise<Written> => {
    const written = await broker.write(write);
    if (written.type === "refused" && written.by === "task") {
      await broker.write({ id: `${write.id}/anyway`, append: write.append?.map(again) });
    }
    return written;
  };
}

const again = (append: NonNullable<Write["append"]>[number]) => ({ ...append, id: `${append.id}/anyway` });
const keyless = (task: NewTask): NewTask => ({ ...task, key: undefined });
const countedLate = (task: ClaimedTask): ClaimedTask => ({ ...task, attempt: Math.max(1, task.attempt - 1) });
