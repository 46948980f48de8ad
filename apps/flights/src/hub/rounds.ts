/**
 * Visits every member once a round, the members spread evenly over the turns of the round, so that two
 * thousand of them become twelve small batches rather than one large one.
 *
 * @example
 * const rounds = new Rounds<Aircraft>(12);
 * rounds.add(aircraft);
 * for (const due of rounds.turn()) report(due);
 */
export class Rounds<Member> {
  readonly #slots: ReadonlyArray<Set<Member>>;
  readonly #slotOf = new Map<Member, Set<Member>>();
  #next = 0;

  /** @param turns how many turns a round has. */
  constructor(turns: number) {
    this.#slots = Array.from({ length: turns }, () => new Set<Member>());
  }

  /** Joins the turn with the fewest members; within a round of turns it is visited. Who has joined already stays where it is. */
  add(member: Member): void {
    if (this.#slotOf.has(member)) return;
    const slot = this.#slots.reduce((least, other) => (other.size < least.size ? other : least));
    slot.add(member);
    this.#slotOf.set(member, slot);
  }

  delete(member: Member): void {
    this.#slotOf.get(member)?.delete(member);
    this.#slotOf.delete(member);
  }

  /** The members of the next turn. */
  turn(): ReadonlySet<Member> {
    const slot = this.#slots[this.#next]!;
    this.#next = (this.#next + 1) % this.#slots.length;
    return slot;
  }
}
