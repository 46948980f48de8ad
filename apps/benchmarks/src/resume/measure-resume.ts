import type { Store } from "../log/store.js";
import type { Actor } from "../processes/actor.js";
import type { RecoveryEnds } from "./clients-end.js";
import type { ServerEnd } from "./server-end.js";

/** An implementation, and what its servers keep things in. */
export interface StoredRecovery extends RecoveryEnds {
  /** Starts a store that nobody else uses. */
  start(): Promise<Store>;
}

export interface Outage {
  readonly clients: number;
  /** How many positions are sent while nobody is connected. */
  readonly missed: number;
  /** How many come before that, to all: for the compiler, and because some recover only who got something. */
  readonly before: number;
  /** Whether the server is lost meanwhile, and another process takes its place. */
  readonly restarted: boolean;
}

/**
 * All clients lose their connection, miss what is sent, and connect again at once.
 *
 * @returns how long it takes from there until each has got all that it missed, in seconds. Rejects unless each position
 * came to each, once, equal and in order.
 */
export async function measureResume(
  implementation: StoredRecovery,
  { clients: count, missed, before, restarted }: Outage,
): Promise<number> {
  const store = await implementation.start();
  const actors: Pick<Actor<object>, "end">[] = [];
  const startServer = async (port: number): Promise<readonly [Actor<ServerEnd>, number]> => {
    const server = await implementation.server();
    actors.push(server);
    return [server, await server.serve(store.address, port)];
  };
  try {
    const clients = await implementation.client();
    actors.push(clients);
    let [server, port] = await startServer(0);
    await clients.connect(`http://127.0.0.1:${port}`, count);
    await server.emit(0, before);
    await clients.got(before);
    await clients.cut();
    await server.deserted();
    await server.emit(before, before + missed);
    if (restarted) {
      await server.end();
      [server] = await startServer(port);
    }
    const start = performance.now();
    await clients.resume();
    await clients.got(before + missed);
    const seconds = (performance.now() - start) / 1_000;
    await clients.cut();
    await server.close();
    return seconds;
  } finally {
    await Promise.all(actors.map((actor) => actor.end()));
    await store.stop();
  }
}
