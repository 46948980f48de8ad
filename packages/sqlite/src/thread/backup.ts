import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { BackupData, Failure } from "../messages.js";
import { StoreError } from "../store-error.js";
import { type Database, loadDriver } from "./database.js";
import { failureOf } from "./failures.js";
import { eventFlaws, structureFlaws } from "./verify.js";

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
      // What a damaged page has lost would be missing in a copy without a flaw.
      refuse(structureFlaws(source, "quick_check"));
      source.prepare("VACUUM INTO ?").run(partial);
    } finally {
      source.close();
    }
    const copy = new DatabaseSync(partial);
    try {
      refuse(flawsOf(copy));
      // What is appended to the copy is another history. It gets a name when it is opened.
      copy.exec("UPDATE log SET epoch = NULL");
    } finally {
      copy.close();
    }
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

function* flawsOf(copy: Database): Generator<string> {
  for (const flaw of eventFlaws(copy)) if (flaw !== undefined) yield flaw;
}

/** @throws {StoreError} where there is one. */
function refuse(flaws: Iterable<string>): void {
  for (const flaw of flaws) {
    throw new StoreError(
      "StoreDamaged",
      `"${file}" is damaged, so that there is no copy: ${flaw}. Restore a backup.`,
    );
  }
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
