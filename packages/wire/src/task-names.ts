import { clientMark, textFlaw } from "@eventwire/core/attach";
import type { Principal } from "./credentials.js";
import type { ConnectedPeer } from "./peer.js";
import { denied, invalid } from "./refusal.js";

/** An id as a client makes it. */
const clientId = /^~[\w.-]{1,64}$/;
/** The longest id of a user that goes into names of a broker, in characters as these have it. */
const maxUser = 100;
/** The longest id of a task, in characters. */
const maxId = 512;

/**
 * What the ids of a user's tasks, and the names of its workers, begin with. No other user's do, and nothing that a server makes, so that
 * nobody can take what is another's, or be taken for it.
 */
export function userPrefix(peer: ConnectedPeer<unknown>, name: string): string {
  const { id } = peer.user as Principal;
  if (textFlaw(id) === undefined) {
    // It has no slash, which ends it.
    const user = encodeURIComponent(id);
    if (user.length <= maxUser) return `${clientMark}${user}/`;
  }
  throw invalid(name, "the id of this user is too long, or none that a broker keeps");
}

/** The id of a task that a client enqueues: a work's name is that of this user's work, whoever else has such a name. */
export function newTaskId(
  peer: ConnectedPeer<unknown>,
  name: string,
  id: unknown,
  dedupe: string | undefined,
): string {
  if (typeof id !== "string" || !clientId.test(id)) throw invalid(name, "its id is none of a client");
  const flaw = dedupe === undefined ? undefined : textFlaw(dedupe);
  if (flaw) throw invalid(name, `dedupe ${flaw}`);
  const prefix = userPrefix(peer, name);
  // No id that is made has a colon.
  return dedupe === undefined ? prefix + id.slice(clientMark.length) : `${prefix}${name}:${dedupe}`;
}

/** The id by which the broker knows a task: as it was told, or as its client made it. */
export function taskIdOf(peer: ConnectedPeer<unknown>, name: string, id: unknown): string {
  if (typeof id !== "string" || id.length > maxId || id.length === 0)
    throw invalid(name, "there is no such id");
  return clientId.test(id) ? userPrefix(peer, name) + id.slice(clientMark.length) : id;
}

export function isOwnTask(peer: ConnectedPeer<unknown>, name: string, id: string): boolean {
  return id.startsWith(userPrefix(peer, name));
}

/** The ids of tasks that another is to come after: a client's own. */
export function afterIds(peer: ConnectedPeer<unknown>, name: string, ids: unknown): readonly string[] {
  if (!Array.isArray(ids)) throw invalid(name, "what it is to come after are no ids");
  return ids.slice(0, maxAfter + 1).map((one: unknown) => {
    const id = taskIdOf(peer, name, one);
    if (!isOwnTask(peer, name, id)) throw denied(name, "enqueued after what this user has not enqueued");
    return id;
  });
}

/** One more is refused by what enqueues. */
const maxAfter = 64;
