import type { Actor } from "../processes/actor.js";
import type { DialogueEnd, DialogueEnds } from "./end.js";

/** Measures with a client that is connected to a server, and ends both. */
export async function withDialogue<T>(
  implementation: DialogueEnds,
  measure: (client: Actor<DialogueEnd>) => Promise<T>,
): Promise<T> {
  const [server, client] = await Promise.all([implementation.server(), implementation.client()]);
  try {
    await client.connect(await server.serve());
    return await measure(client);
  } finally {
    await Promise.all([server.end(), client.end()]);
  }
}
