import type { FanoutEnds } from "./clients-end.js";
import type { Sent } from "./server-end.js";

/** What is sent, to how many, and for how long, in milliseconds. */
export interface FanoutLoad {
  readonly clients: number;
  /** How many events in a turn. */
  readonly burst: number;
  /** What comes first and does not count, for the compiler to be done. */
  readonly warmUp: number;
  readonly measured: number;
}

/** Sends from a server to its clients; rejects unless each got everything, and one that looks, in order and equal. */
export async function measureFanout(
  implementation: FanoutEnds,
  { clients: count, burst, warmUp, measured }: FanoutLoad,
): Promise<Sent> {
  const [server, clients] = await Promise.all([implementation.server(), implementation.client()]);
  const verify = async () => {
    const { problem } = await clients.account();
    if (problem !== undefined) throw new Error(problem);
  };
  try {
    await clients.connect(await server.serve(), count);
    await server.attend(await clients.receive(), count);
    const first = await server.send(burst, warmUp);
    const sent = await server.send(burst, measured);
    await verify();
    const due = first.count + sent.count;
    const { arrived } = await clients.account();
    const odd = arrived.findIndex((each) => each !== due);
    if (odd >= 0) throw new Error(`Client ${odd} got ${arrived[odd]} positions where ${due} were due.`);
    return sent;
  } catch (error) {
    // What a client found says more than that the server waited in vain.
    await verify();
    throw error;
  } finally {
    await Promise.all([server.end(), clients.end()]);
  }
}
