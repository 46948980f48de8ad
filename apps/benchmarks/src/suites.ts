import type { Suite, Versioned } from "./harness/suite.js";

/** Every suite by its name on the command line, loaded when it runs. */
const suites: Readonly<Record<string, () => Promise<Suite<Versioned>>>> = {
  emit: async () => (await import("./suites/emit.js")).emit,
  queue: async () => (await import("./suites/queue.js")).queue,
  wire: async () => (await import("./suites/wire.js")).wire,
  fanout: async () => (await import("./suites/fanout.js")).fanout,
  demand: async () => (await import("./suites/demand.js")).demand,
  latency: async () => (await import("./suites/latency.js")).latency,
  memory: async () => (await import("./suites/memory.js")).memory,
  packets: async () => (await import("./suites/packets.js")).packets,
  log: async () => (await import("./suites/log.js")).log,
  tasks: async () => (await import("./suites/tasks.js")).tasks,
  resume: async () => (await import("./suites/resume.js")).resume,
  size: async () => (await import("./suites/size.js")).size,
};

export const suiteNames: readonly string[] = Object.keys(suites);

/** Loads a suite; throws on a name that there is none of. */
export async function loadSuite(name: string): Promise<Suite<Versioned>> {
  const load = suites[name];
  if (load === undefined)
    throw new Error(`There is no suite "${name}". There are: ${suiteNames.join(", ")}.`);
  return load();
}
