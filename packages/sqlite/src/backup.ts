import { Worker } from "node:worker_threads";
import type { BackupData, Failure } from "./messages.js";
import { errorOf } from "./storage.js";

/** Copies a file that is in use. Rejects with a `StoreError`, and then there is no copy. */
export function backUp(workerData: BackupData): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./thread/backup.js", import.meta.url), {
      workerData,
      name: "eventwire-sqlite-backup",
    });
    thread.once("message", (failure: Failure | undefined) => {
      if (failure) reject(errorOf(failure));
      else resolve();
    });
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("The thread of the backup is lost.")));
  });
}
