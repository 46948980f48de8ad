import { spawnSync } from "node:child_process";
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";

/**
 * A pipe that many processes write lines into, and this one reads: what a process has written is here, in the order in which it
 * was, whatever becomes of the process.
 */
export class RecordPipe {
  readonly path: string;
  readonly #socket: Socket;

  constructor(path: string, onLine: (line: string) => void) {
    this.path = path;
    const { status, stderr } = spawnSync("mkfifo", [path], { encoding: "utf8" });
    if (status !== 0) throw new Error(`A pipe is needed, which mkfifo makes: ${stderr}`);
    // For writing too, or it would end with the last process that writes.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd, readable: true, writable: false });
    createInterface({ input: this.#socket }).on("line", onLine);
  }

  close(): void {
    this.#socket.destroy();
  }
}
