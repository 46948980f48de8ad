import { setTimeout as wait } from "node:timers/promises";
import type { FanoutEnds } from "../fanout/clients-end.js";
import type { Memory } from "./memory-in-use.js";

/** How long a server is left alone before it is measured, in milliseconds: for what ends in the background. */
const rest = 500;
/** What is sent as load: in bursts of so many events, to everybody, for so long, in milliseconds. */
const load = { burst: 20, milliseconds: 500 };

/** What each connection of a server costs it, in bytes, idle or when all of them have got many events. */
export async function memoryPerConnection(
  implementation: FanoutEnds,
  connections: number,
  loaded: boolean,
): Promise<Memory> {
  const [server, clients] = await Promise.all([implementation.server(), implementation.client()]);
  try {
    const address = await server.serve();
    const before = await server.memory();
    await clients.connect(address, connections);
    if (loaded) {
      await server.attend(await clients.receive(), connections);
      await server.send(load.burst, load.milliseconds);
    }
    await wait(rest);
    const after = await server.memory();
    const { problem } = await clients.account();
    if (problem !== undefined) throw new Error(problem);
    return {
      resident: (after.resident - before.resident) / connections,
      used: (after.used - before.used) / connections,
    };
  } finally {
    await Promise.all([server.end(), clients.end()]);
  }
}
