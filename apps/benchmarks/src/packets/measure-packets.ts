import { percentile } from "../harness/percentile.js";
import type { MixtureEnds } from "./end.js";

const warmUp = 400;

/**
 * How long the slowest of a hundred ticks took, in milliseconds, with or without pictures on the same connection, each sent
 * as soon as the last has come; rejects unless all of both came, in order and equal.
 */
export async function measurePackets(
  implementation: MixtureEnds,
  beside: boolean,
  milliseconds: number,
): Promise<number> {
  const [server, client] = await Promise.all([implementation.server(), implementation.client()]);
  try {
    await client.connect(await server.serve());
    await client.arrived({ ticks: await server.tick(warmUp) });
    if (beside) await client.arrived({ pictures: await server.picture() });
    await client.got();

    let ticking = true;
    const picturing = async () => {
      while (beside && ticking) await client.arrived({ pictures: await server.picture() });
    };
    const ticked = server.tick(milliseconds).finally(() => {
      ticking = false;
    });
    const [ticks] = await Promise.all([ticked, picturing()]);
    await client.arrived({ ticks });
    const { delays, problem } = await client.got();
    if (problem !== undefined) throw new Error(problem);
    return percentile(delays, 99);
  } finally {
    await Promise.all([server.end(), client.end()]);
  }
}
