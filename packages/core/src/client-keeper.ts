import type { DurableEvents } from "./backing.js";
import { refused } from "./begun.js";
import { UnsupportedError } from "./errors/unsupported-error.js";
import type { Keeper } from "./keeper.js";

/** That of a client's bus, which keeps nothing yet. */
export const clientKeeper: Keeper = {
  maxBodyBytes: 0,
  emit: ({ name }) => noLog(name),
  append: ({ name }) => noLog(name),
  has: ({ name }) => noLog(name),
  find: noLog,
  listen: (_, topics) => refused(noLog(topics[0]!.name)),
  async *iterate({ name }): DurableEvents {
    yield noLog(name);
    return undefined;
  },
  position: () => noLog("position()"),
  enqueue: (name) => noQueue(name),
  work: (name) => refused(noQueue(name)),
  tasks(name) {
    const ask = () => noQueue(name);
    return { counts: ask, dead: ask, redrive: ask };
  },
  group(name) {
    const ask = () => noLog(`group("${name}")`);
    return { dead: ask, redrive: ask, lag: ask };
  },
  drain: nothing,
  close: nothing,
};

function noLog(name: string): Promise<never> {
  return lacks(name, "durable and needs a log");
}

function noQueue(name: string): Promise<never> {
  return lacks(name, "a task and needs a queue");
}

async function lacks(name: string, what: string): Promise<never> {
  throw new UnsupportedError(`"${name}" is ${what}, which a client's bus does not have yet.`, { name });
}

async function nothing(): Promise<void> {
  return undefined;
}
