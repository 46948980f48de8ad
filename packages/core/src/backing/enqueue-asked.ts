import type { EnqueueOptions } from "../work.js";
import { checkEnqueueOptions } from "./enqueue-options.js";
import type { EnqueueAsked } from "./task-wire.js";

export interface NamedTask {
  readonly id: string;
  readonly data: unknown;
  readonly options: EnqueueOptions;
}

/** @throws {MisuseError} when the options make no sense. */
export function enqueueAsked(name: string, { id, data, options }: NamedTask): EnqueueAsked {
  checkEnqueueOptions(name, options);
  const { delay, at, priority, dedupe, after } = options;
  return { name, data, id, delay, at: at?.getTime(), priority, dedupe, after };
}
