import { resolve } from "node:path";
import type { OutboxStore } from "@eventwire/core";
import { FileSession } from "./file/file-session.js";

/**
 * Keeps the durable events that a client in Node emits in files, until the server has them. What is kept is on the disk before `emit`
 * goes on: it survives the end of the process and a loss of power. Each outbox is a file of its own, which one process has at a time;
 * one whose process is gone is taken by the next, or by another that is there.
 *
 * @param folder where the files are, on a disk of this machine; it is made where it is missing. Each user of the machine and each
 * application needs its own.
 *
 * Opening rejects with an `OutboxUnavailableError` where the folder may not be written, or holds a file of a newer version's; writing with
 * an `OverflowError` where the disk is full. A file that is damaged is put aside, and one of another program's left alone: each is reported,
 * and the others are opened.
 *
 * @example
 * ```ts
 * const bus = connect(airspace, url, { outbox: { store: file("/var/lib/desk/outbox") } });
 * ```
 */
export function file(folder: string): OutboxStore {
  const path = resolve(folder);
  return {
    durability: "power",
    open: (options) => new FileSession(path, options).open(),
  };
}
