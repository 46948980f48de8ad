/** The cursors of a group, by name: that of a group and what it listens to keeps its roster. */
export function cursorOfGroup(group: string, pattern: string): string {
  return `group/${group}/${pattern}`;
}

/** Keeps what is done of all shards, until they are divided. */
export function cursorOfAll(group: string): string {
  return `${group}/all`;
}

/** Keeps what is done of one shard. */
export function cursorOfShard(group: string, shard: number): string {
  return `${group}/${shard}`;
}
