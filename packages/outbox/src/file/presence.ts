import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, explain } from "./failures.js";

/** The longest address of a socket that every platform takes, in bytes. */
const longest = 100;
const prefix = "eventwire-";
const suffix = ".sock";

/**
 * Where a holder can be met: in the folder itself, so that whoever sees the files sees it too, or, where the folder has a long name or
 * a file system without sockets, where temporary files are.
 */
function addressesOf(folder: string, holder: string): readonly string[] {
  if (process.platform === "win32") return [`\\\\.\\pipe\\eventwire-outbox-${holder}`];
  const addresses = [folder, tmpdir()].map((place) => join(place, `${prefix}${holder}${suffix}`));
  return addresses.filter((address) => Buffer.byteLength(address) <= longest);
}

/** Whose socket a file is by its name. */
export function holderOf(name: string): string | undefined {
  return /^eventwire-([a-z0-9]{1,16})\.sock$/.exec(name)?.[1];
}

/**
 * That somebody is there, as a socket that is listened to: when a process ends, however it does, the system closes it, and whoever
 * is connected is told at once. A process that stands still is there all the same.
 */
export class Presence {
  readonly #server: Server;
  readonly #folder: string;
  readonly #heard: () => void;
  readonly #sockets = new Set<Socket>();
  readonly #met = new Set<string>();
  #closed = false;

  private constructor(folder: string, heard: () => void) {
    this.#folder = folder;
    this.#heard = () => {
      if (!this.#closed) heard();
    };
    this.#server = createServer((socket) => this.#join(socket, this.#heard));
    // It is for others that it is there: it keeps no process alive.
    this.#server.unref();
  }

  /** @param heard told when another one is gone, or has left something. */
  static async announce(folder: string, holder: string, heard: () => void): Promise<Presence> {
    const presence = new Presence(folder, heard);
    const addresses = addressesOf(folder, holder);
    for (const [index, address] of addresses.entries()) {
      try {
        await presence.#listen(address);
        return presence;
      } catch (error) {
        if (index === addresses.length - 1) throw explain(address, error);
      }
    }
    throw explain(folder, new Error("its name and that of the folder of temporary files are too long"));
  }

  /** Whether a holder is there. Where it is, it is known from then on when it is gone. */
  async meet(holder: string): Promise<boolean> {
    if (this.#met.has(holder)) return true;
    for (const address of addressesOf(this.#folder, holder)) {
      const socket = await reach(address);
      if (socket === "gone") continue;
      if (socket === "unknown") return true;
      this.#met.add(holder);
      this.#join(socket, () => {
        this.#met.delete(holder);
        this.#heard();
      });
      return true;
    }
    return false;
  }

  /** Removes what a holder that is gone has left of its presence. */
  async forget(holder: string): Promise<void> {
    for (const address of addressesOf(this.#folder, holder)) {
      await rm(address, { force: true }).catch(notOurs);
    }
  }

  /** Has the others look at what there is. */
  knock(): void {
    for (const socket of this.#sockets) socket.write(".");
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(address, () => {
        this.#server.off("error", reject).on("error", nothingMore);
        resolve();
      });
    });
  }

  #join(socket: Socket, gone: () => void): void {
    socket.on("error", nothingMore);
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.unref();
    socket.on("data", this.#heard);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      gone();
    });
  }
}

/** Whoever ends a process leaves an address where nobody listens, or none at all. */
function reach(address: string): Promise<Socket | "gone" | "unknown"> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const failed = (error: Error) =>
      resolve(["ENOENT", "ECONNREFUSED"].includes(codeOf(error) ?? "") ? "gone" : "unknown");
    // Never taken off: an error that nobody listens to would end the process.
    socket.on("error", failed);
    socket.once("connect", () => resolve(socket));
  });
}

/** An end follows each error, and is what counts. */
function nothingMore(): undefined {
  return undefined;
}

/** On some platforms an address is no file, and another user's may not be removed. */
function notOurs(): undefined {
  return undefined;
}
