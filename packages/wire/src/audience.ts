import type { Key } from "@eventwire/core";
import { addTo, Members } from "./members.js";

/** Who of the peers listens to one event: to all of it, or to a key. To join and to leave cost the same, however many there are. */
export class Audience<Member> {
  readonly #everyKey = new Set<Member>();
  readonly #byKey = new Members<Key, Member>();

  get size(): number {
    return this.#everyKey.size + this.#byKey.size;
  }

  /** @returns whether it is new here: false where it listens to this already. */
  add(member: Member, key: Key | undefined): boolean {
    return key === undefined ? addTo(this.#everyKey, member) : this.#byKey.add(key, member);
  }

  remove(member: Member, key: Key | undefined): void {
    if (key === undefined) this.#everyKey.delete(member);
    else this.#byKey.remove(key, member);
  }

  has(member: Member, key: Key | undefined): boolean {
    return this.#everyKey.has(member) || (key !== undefined && this.#byKey.has(key, member));
  }

  /** Calls `visit` once for each member that listens to an event with this key. */
  visit(key: Key | undefined, visit: (member: Member) => void): void {
    for (const member of this.#everyKey) visit(member);
    if (key === undefined) return;
    for (const member of this.#byKey.of(key)) if (!this.#everyKey.has(member)) visit(member);
  }
}
