import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { BackupData, Failure } from "./messages.js";
import { errorOf } from "./storage.js";

/** Copies a file that is in use. Rejects with a `StoreError`, and then there is no copy. */
export async function backUp(workerData: BackupData): Promise<void> {
  const thread = new Worker(new URL("./thread/backup.js", import.meta.url), {
    workerData,
    name: "eventwire-sqlite-backup",
  });
  const exit = once(thread, "exit");
  const [failure]: [Failure | undefined] = (await once(thread, "message")) as [Failure | undefined];
  await exit;
  if (failure) throw errorOf(failure);
}
