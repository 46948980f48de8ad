import type { Key } from "@eventwire/core";

/** Who of the peers listens to one event: to all of it, or to a key. To join and to leave cost the same, however many there are. */
export class Audience<Member> {
  readonly #everyKey = new Set<Member>();
  /** The only one of a key is kept as it is: among many keys most have one, and a Set for each would take more than all else. */
  readonly #byKey = new Map<Key, Member | Set<Member>>();

  get size(): number {
    return this.#everyKey.size + this.#byKey.size;
  }

  /** @returns whether it is new here: false where it listens to this already. */
  add(member: Member, key: Key | undefined): boolean {
    if (key === undefined) return addTo(this.#everyKey, member);
    const there = this.#byKey.get(key);
    if (there instanceof Set) return addTo(there, member);
    if (there === member) return false;
    this.#byKey.set(key, there === undefined ? member : new Set([there, member]));
    return true;
  }

  remove(member: Member, key: Key | undefined): void {
    if (key === undefined) {
      this.#everyKey.delete(member);
      return;
    }
    const there = this.#byKey.get(key);
    if (there === member) this.#byKey.delete(key);
    else if (there instanceof Set && there.delete(member) && there.size === 0) this.#byKey.delete(key);
  }

  has(member: Member, key: Key | undefined): boolean {
    if (this.#everyKey.has(member)) return true;
    const there = key === undefined ? undefined : this.#byKey.get(key);
    return there instanceof Set ? there.has(member) : there !== undefined && there === member;
  }

  /** Calls `visit` once for each member that listens to an event with this key. */
  visit(key: Key | undefined, visit: (member: Member) => void): void {
    for (const member of this.#everyKey) visit(member);
    const there = key === undefined ? undefined : this.#byKey.get(key);
    if (there === undefined) return;
    if (!(there instanceof Set)) {
      if (!this.#everyKey.has(there)) visit(there);
      return;
    }
    for (const member of there) if (!this.#everyKey.has(member)) visit(member);
  }
}

function addTo<Member>(members: Set<Member>, member: Member): boolean {
  const before = members.size;
  return members.add(member).size > before;
}
