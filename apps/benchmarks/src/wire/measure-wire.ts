import type { Actor } from "../processes/actor.js";
import { countValid } from "../traffic/positions.js";
import type { Sent, WireEnd, WireEnds } from "./end.js";
import type { Pattern } from "./patterns.js";

/** What is sent, which way, and for how long, in milliseconds. */
export interface Load {
  readonly pattern: Pattern;
  readonly to: "server" | "client";
  /** What comes first and does not count, for the compiler to be done. */
  readonly warmUp: number;
  readonly measured: number;
  /** Whether it is written as JSON, where the implementation has the choice. */
  readonly json?: boolean;
}

/** What came of it. */
export interface Measured extends Sent {
  /** What both processes used of the processor meanwhile, in seconds. */
  readonly processorSeconds: number;
}

/** Sends between two processes; rejects unless everything arrived in order, equal, once, and the invalid was refused. */
export async function measureWire(
  implementation: WireEnds,
  { pattern, to, warmUp, measured, json = false }: Load,
): Promise<Measured> {
  const ends = await Promise.all([implementation.server(), implementation.client()]);
  const [server, client] = ends;
  const [sender, receiver] = to === "server" ? [client, server] : [server, client];
  try {
    await client.connect(await server.serve(json));
    await sender.attend(await receiver.receive());
    const first = await sender.send(pattern, warmUp);
    const before = await processorSeconds(ends);
    const sent = await sender.send(pattern, measured);
    const after = await processorSeconds(ends);
    await verify(sender, receiver, first.count + sent.count);
    return { ...sent, processorSeconds: after - before };
  } catch (error) {
    // What the receiver found says more than that the sender waited in vain.
    await verify(sender, receiver);
    throw error;
  } finally {
    await Promise.all(ends.map((end) => end.end()));
  }
}

async function processorSeconds(ends: readonly Actor<WireEnd>[]): Promise<number> {
  const seconds = await Promise.all(ends.map((end) => end.processorSeconds()));
  return seconds.reduce((sum, each) => sum + each, 0);
}

/** @param sent how many; only what is wrong with those that came is looked at where it is not known. */
async function verify(sender: Actor<WireEnd>, receiver: Actor<WireEnd>, sent?: number): Promise<void> {
  const [told, arrived] = await Promise.all([sender.account(), receiver.account()]);
  const problem = arrived.problem ?? told.problem;
  if (problem !== undefined) throw new Error(problem);
  if (sent === undefined) return;
  const valid = countValid(sent);
  const refused = told.refused + arrived.refused;
  if (arrived.received !== valid || refused !== sent - valid)
    throw new Error(
      `Of ${sent} positions ${arrived.received} were received and ${refused} refused, where ${valid} are valid.`,
    );
}
