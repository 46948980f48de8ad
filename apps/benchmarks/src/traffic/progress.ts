import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export const nothingMore = 0xffffffff;

/**
 * How the receiver tells the sender how far it is: over a connection of its own, so that it is the same for every
 * implementation and none carries it.
 */
export class Progress {
  readonly #socket: Socket;

  /** @param told called with what the other side told last. */
  constructor(socket: Socket, told: (count: number) => void) {
    this.#socket = socket.setNoDelay(true);
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      const all = Buffer.concat([rest, bytes]);
      const whole = all.length & ~3;
      rest = all.subarray(whole);
      // Counts only rise.
      if (whole > 0) told(all.readUInt32LE(whole - 4));
    });
  }

  /** @param count at most {@link nothingMore}, which says that something is wrong and no more will be told. */
  tell(count: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(count);
    this.#socket.write(bytes);
  }
}

/** Waits for the other side; resolves to the port for it. */
export async function offerProgress(
  told: (count: number) => void,
  ready: (progress: Progress) => void,
): Promise<number> {
  const server = createServer((socket) => {
    server.close();
    ready(new Progress(socket, told));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

export async function joinProgress(port: number, told: (count: number) => void): Promise<Progress> {
  const socket = connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  return new Progress(socket, told);
}
