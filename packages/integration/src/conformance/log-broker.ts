import { type Broker, UnsupportedError } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import type { VirtualClock } from "@eventwire/testing";

async function refuse(): Promise<never> {
  throw new UnsupportedError("This broker keeps a log and nothing else.");
}

const noTasks = {
  supported: false,
  delay: false,
  priority: false,
  keyOrder: false,
  limits: false,
  after: false,
  results: false,
};

/** A log, in memory here, and what a broker without tasks and signals says to those who want some. */
export function logBroker(runtime: VirtualClock): Broker {
  const kept = memory({ runtime });
  return {
    features: {
      ...kept.features,
      signals: "none",
      transactions: false,
      tasks: noTasks,
    },
    open: () => kept.open(),
    close: (options) => kept.close(options),
    log: kept.log, // epoch, append, read, head, at, watch, trim, compact, erase, acquire, save, peek
    tasks: {
      enqueue: refuse,
      claim: refuse,
      reclaim: refuse,
      settle: refuse,
      counts: refuse,
      dead: refuse,
      redrive: refuse,
      cancel: refuse,
      pause: refuse,
      forget: refuse,
      states: refuse,
      watch: () => () => undefined,
      watchStates: () => () => undefined,
    },
    signals: { publish: () => undefined, subscribe: refuse },
    write: refuse,
  };
}
