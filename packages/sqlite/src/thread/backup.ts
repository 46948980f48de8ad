import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { BackupData, Failure } from "../messages.js";
import { StoreError } from "../store-error.js";
import { loadDriver } from "./database.js";
import { failureOf } from "./failures.js";

/* A thread of its own for each backup, so that the one that has the file goes on meanwhile. */

const { file, to }: BackupData = workerData;

/** How long it waits for a lock, in milliseconds: it only reads, so waits only while the file is opened or closed. */
const timeout = 5_000;

async function backUp(): Promise<void> {
  checkFree();
  const DatabaseSync = await loadDriver();
  // Under its name when it is whole; until then a name of its own, for others may copy to the same path.
  const partial = `${to}.${randomBytes(8).toString("hex")}.partial`;
  try {
    const source = new DatabaseSync(file, { timeout });
    try {
      source.prepare("VACUUM INTO ?").run(partial);
    } finally {
      source.close();
    }
    const copy = new DatabaseSync(partial);
    // What is appended to the copy is another history. It gets a name when it is opened.
    copy.exec("UPDATE log SET epoch = NULL");
    copy.close();
    sync(partial);
    checkFree();
    renameSync(partial, to);
  } finally {
    rmSync(partial, { force: true });
  }
  sync(dirname(to));
}

/** @throws {StoreError} */
function checkFree(): void {
  if (!existsSync(to)) return;
  throw new StoreError("StoreExists", `"${to}" is there already: give another path, or move it away.`);
}

function sync(path: string): void {
  const opened = openSync(path, "r");
  fsyncSync(opened);
  closeSync(opened);
}

let failure: Failure | undefined;
try {
  await backUp();
} catch (error) {
  failure = failureOf(to, error);
}
parentPort!.postMessage(failure);
