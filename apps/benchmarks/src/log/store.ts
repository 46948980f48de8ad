import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What keeps a log, until it is stopped. */
export interface Store {
  readonly address: string;
  /** Ends it and deletes what it kept. */
  stop(): Promise<void>;
}

const fileSystems = new Map([
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
]);
const inMemory = new Set([0x01021994, 0x858458f6]);

/** The folder that all stores are in, a folder of its own each: that of `TMPDIR`. */
const root = tmpdir();

/**
 * The file system that all stores share.
 *
 * @throws {Error} when it is one in memory.
 */
export function fileSystem(): string {
  const { type } = statfsSync(root);
  if (inMemory.has(type)) throw new Error(`${root} is in memory: set TMPDIR to a folder on a disk.`);
  return `${fileSystems.get(type) ?? `file system 0x${type.toString(16)}`} at ${root}`;
}

/** A folder, for who needs no more than that. */
export function createFolder(): Store {
  const address = mkdtempSync(join(root, "eventwire-log-"));
  return { address, stop: async () => rmSync(address, { recursive: true, force: true }) };
}
