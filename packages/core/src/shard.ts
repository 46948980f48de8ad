import type { Key } from "./key.js";

/** Into how many shards keys are hashed; a group's members share them out. */
export const shardCount = 64;

/**
 * The shard of an event: of its key, across names; of its name where it has none. A number and its text are two keys.
 * Logs keep what this gives, so it never changes.
 */
export function shardOf(name: string, key: Key | undefined): number {
  if (key === undefined) return hash(name) % shardCount;
  return hash(typeof key === "number" ? `#${key}` : `$${key}`) % shardCount;
}

/** FNV-1a (Fowler, Noll, Vo) over UTF-16 units, then MurmurHash3's finalizer (Appleby), for its low bits are uneven. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
