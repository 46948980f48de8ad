import type { Key } from "@eventwire/core";

/** Who of the peers listens to one event: to all of it, or to a key. */
export class Audience<Member> {
  readonly #everyKey = new Set<Member>();
  readonly #byKey = new Map<Key, Set<Member>>();

  get size(): number {
    return this.#everyKey.size + this.#byKey.size;
  }

  add(member: Member, key: Key | undefined): void {
    if (key === undefined) {
      this.#everyKey.add(member);
      return;
    }
    const members = this.#byKey.get(key);
    if (members) members.add(member);
    else this.#byKey.set(key, new Set([member]));
  }

  remove(member: Member, key: Key | undefined): void {
    if (key === undefined) {
      this.#everyKey.delete(member);
      return;
    }
    const members = this.#byKey.get(key);
    members?.delete(member);
    if (members?.size === 0) this.#byKey.delete(key);
  }

  has(member: Member, key: Key | undefined): boolean {
    return this.#everyKey.has(member) || (key !== undefined && this.#byKey.get(key)?.has(member) === true);
  }

  /** Calls `visit` once for each member that listens to an event with this key. */
  visit(key: Key | undefined, visit: (member: Member) => void): void {
    for (const member of this.#everyKey) visit(member);
    if (key === undefined) return;
    const members = this.#byKey.get(key);
    if (!members) return;
    for (const member of members) if (!this.#everyKey.has(member)) visit(member);
  }
}
