import { Worker } from "node:worker_threads";
import type { ThreadData } from "./messages.js";

/** Starts the thread that has the file. */
export function spawn(workerData: ThreadData): Worker {
  return new Worker(new URL("./thread/thread.js", import.meta.url), { workerData, name: "eventwire-sqlite" });
}
