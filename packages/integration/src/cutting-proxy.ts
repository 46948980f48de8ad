import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";

export interface CuttingProxyOptions {
  /** The port of the server that it stands before, on this machine; or the path of a local socket. */
  readonly to: number | string;
  /** Where its chances begin: the same seed gives the same chances. */
  readonly seed: number;
}

/** A TCP proxy that breaks connections: on demand, or after a number of bytes that chance decides. */
export interface CuttingProxy {
  readonly port: number;
  readonly url: string;
  /** How many connections it has broken. */
  readonly cuts: number;
  /** Breaks every connection now. */
  cut(): void;
  /**
   * From now on each new connection breaks after up to `bytes` bytes, wherever in a frame that is.
   *
   * @param times how many connections, then no further ones.
   */
  cutWithin(bytes: number, times: number): void;
  /** Takes `cutWithin` back, also for the connections there are. */
  calm(): void;
  /** New connections go to the server at this port. */
  redirect(to: number): void;
  /** Whether each new connection breaks at once. */
  refuse(refuses: boolean): void;
  /** Passes nothing on until `resume`, so that nobody can tell a slow network from a silent one. */
  pause(): void;
  resume(): void;
  /** From now on passes on so many bytes a second of each direction, a chunk at a time. */
  slow(bytesPerSecond: number): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** How many bytes may still pass. */
  left: number;
  break(): void;
}

export async function cuttingProxy({ to, seed }: CuttingProxyOptions): Promise<CuttingProxy> {
  const chance = mulberry32(seed);
  const pairs = new Set<Pair>();
  let cuts = 0;
  let within = 0;
  let times = 0;
  let paused = false;
  let pace = Number.POSITIVE_INFINITY;
  let target = to;
  let refuses = false;

  const proxy = createServer((client) => {
    if (refuses) {
      client.destroy();
      return;
    }
    const server =
      typeof target === "string" ? createConnection(target) : createConnection(target, "127.0.0.1");
    const pair: Pair = {
      client,
      server,
      left: times > 0 ? Math.floor(chance() * within) : Number.POSITIVE_INFINITY,
      break() {
        if (!pairs.delete(pair)) return;
        cuts += 1;
        client.destroy();
        server.destroy();
      },
    };
    pairs.add(pair);
    times -= 1;
    const pass = (from: Socket, into: Socket) => {
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        const passing = chunk.subarray(0, pair.left);
        pair.left -= passing.length;
        // The other side gets the part that was through, as it would from a network.
        if (passing.length < chunk.length) into.write(passing, () => pair.break());
        else into.write(chunk);
        if (pace === Number.POSITIVE_INFINITY) return;
        from.pause();
        setTimeout(() => from.resume(), (chunk.length * 1_000) / pace);
      });
      from.on("error", () => into.destroy());
      from.on("close", () => {
        // What came before an end in order is still on its way.
        into.end();
        pairs.delete(pair);
      });
      if (paused) from.pause();
    };
    pass(client, server);
    pass(server, client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;

  const each = (act: (socket: Socket) => void) => {
    for (const { client, server } of pairs) {
      act(client);
      act(server);
    }
  };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get cuts() {
      return cuts;
    },
    cut() {
      for (const pair of pairs) pair.break();
    },
    cutWithin(bytes, count) {
      within = bytes;
      times = count;
    },
    calm() {
      times = 0;
      for (const pair of pairs) pair.left = Number.POSITIVE_INFINITY;
    },
    redirect(port) {
      target = port;
    },
    refuse(refusesNow) {
      refuses = refusesNow;
    },
    pause() {
      paused = true;
      each((socket) => socket.pause());
    },
    resume() {
      paused = false;
      each((socket) => socket.resume());
    },
    slow(bytesPerSecond) {
      pace = bytesPerSecond;
    },
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        for (const pair of pairs) pair.break();
      }),
  };
}

/** Numbers from 0 to 1 that a seed determines: Mulberry32, by Tommy Ettinger, in the public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
