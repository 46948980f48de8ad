/**
 * Members by key, such as the sessions of each user. The only one of a key is kept as it is: among many keys most have one, and a
 * Set for each would take more than all else.
 */
export class Members<Key, Member> {
  readonly #byKey = new Map<Key, Member | Set<Member>>();

  /** How many keys have members. */
  get size(): number {
    return this.#byKey.size;
  }

  /** @returns whether it is new there. */
  add(key: Key, member: Member): boolean {
    const there = this.#byKey.get(key);
    if (there instanceof Set) return addTo(there, member);
    if (there === member) return false;
    this.#byKey.set(key, there === undefined ? member : new Set([there, member]));
    return true;
  }

  remove(key: Key, member: Member): void {
    const there = this.#byKey.get(key);
    if (there === member) this.#byKey.delete(key);
    else if (there instanceof Set && there.delete(member) && there.size === 0) this.#byKey.delete(key);
  }

  has(key: Key, member: Member): boolean {
    const there = this.#byKey.get(key);
    return there instanceof Set ? there.has(member) : there === member;
  }

  /** Those of a key, in the order in which they were added. What comes or goes meanwhile may be among them or not. */
  of(key: Key): Iterable<Member> {
    const there = this.#byKey.get(key);
    if (there === undefined) return [];
    return there instanceof Set ? there : [there];
  }
}

/** @returns whether it is new there. */
export function addTo<Member>(members: Set<Member>, member: Member): boolean {
  const before = members.size;
  return members.add(member).size > before;
}
