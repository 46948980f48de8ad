import { shardCount } from "../shard.js";
import { changeCursor } from "./change-cursor.js";
import type { Place } from "./place.js";
import type { Store } from "./store.js";

/** For how long the roster is held while it is read and written, in milliseconds. */
const lease = 3_000;

interface Entry {
  readonly id: string;
  /** Rises with each entry of this member: who stands still is gone. */
  readonly count: number;
  readonly shards: readonly number[];
  /** Whether it gives them back, and wants no share. */
  readonly leaving: boolean;
}

interface RosterState {
  /** Where the group began. */
  readonly start: Place;
  readonly members: readonly Entry[];
}

/** What another member was first seen with. */
interface Sign {
  readonly count: number;
  /** On the monotonic clock. */
  readonly at: number;
  /** Whether it has come, or shown itself, since this one came. */
  readonly alive: boolean;
}

/** What a member learns when it enters itself. */
export interface Meeting {
  /** Where the group began. */
  readonly start: Place;
  /** How many shards are this member's share: of two members' shares, none is larger by more than 1. */
  readonly share: number;
  /** The shards that others say they have. */
  readonly taken: ReadonlySet<number>;
  /** Whether no other that wants a share has shown itself since this one came. */
  readonly alone: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The members of a group, in the state of a cursor that each holds for a moment to enter itself. */
export class Roster {
  readonly #store: Store;
  readonly #cursor: string;
  readonly #member: string;
  readonly #patience: number;
  readonly #start: () => Promise<Place>;
  readonly #seen = new Map<string, Sign>();
  #count = 0;
  /** What it has written where there was nobody else, and what it has learnt. */
  #sole: { readonly state: Uint8Array; readonly meeting: Meeting } | undefined;
  #met = false;

  /**
   * @param patience after how many milliseconds without a sign a member is taken for gone.
   * @param start where the group begins, if it is new.
   */
  constructor(store: Store, cursor: string, member: string, patience: number, start: () => Promise<Place>) {
    this.#store = store;
    this.#cursor = cursor;
    this.#member = member;
    this.#patience = patience;
    this.#start = start;
  }

  /**
   * Enters the member with its shards. Rejects with what `start` does.
   *
   * @param leaving whether it gives them back.
   */
  async meet(shards: readonly number[], leaving: boolean): Promise<Meeting> {
    // Who has nothing to say looks only whether others have.
    if (shards.length === 0 && !leaving && (await this.#unchanged())) return this.#sole!.meeting;
    let start: Place | undefined;
    for (;;) {
      const state = await this.#change((state) => {
        const begun = state?.start ?? start;
        if (!begun) return undefined;
        const entry = { id: this.#member, count: ++this.#count, shards, leaving };
        return { start: begun, members: [...this.#others(state), entry] };
      });
      if (state) {
        this.#met = true;
        const meeting = this.#meeting(state);
        const sole = state.members.length === 1 && shards.length === 0 && !leaving;
        this.#sole = sole ? { state: encode(state), meeting } : undefined;
        return meeting;
      }
      start = await this.#start();
    }
  }

  /** Takes the member out. */
  async leave(): Promise<void> {
    await this.#change((state) => state && { start: state.start, members: this.#others(state) });
  }

  async #unchanged(): Promise<boolean> {
    if (!this.#sole) return false;
    const { log } = this.#store;
    const state = await this.#store.insist("look at a group", () => log.peek(this.#cursor));
    return state !== undefined && equal(state, this.#sole.state);
  }

  #meeting({ start, members }: RosterState): Meeting {
    const ids = members.flatMap(({ id, leaving }) => (leaving ? [] : id)).sort();
    const larger = shardCount % ids.length;
    const share = Math.floor(shardCount / ids.length) + (ids.indexOf(this.#member) < larger ? 1 : 0);
    const others = members.filter(({ id }) => id !== this.#member);
    const alone = others.every(({ id, leaving }) => leaving || !this.#seen.get(id)?.alive);
    return { start, share, taken: new Set(others.flatMap(({ shards }) => shards)), alone };
  }

  /** The other members that have shown themselves lately. */
  #others(state: RosterState | undefined): readonly Entry[] {
    const now = this.#store.runtime.monotonic();
    const members = state?.members ?? [];
    const ids = new Set(members.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    return members.filter(({ id, count }) => {
      if (id === this.#member) return false;
      const seen = this.#seen.get(id);
      if (seen?.count === count) return now - seen.at < this.#patience;
      this.#seen.set(id, { count, at: now, alive: this.#met });
      return true;
    });
  }

  async #change(change: (state: RosterState | undefined) => RosterState | undefined) {
    let after: RosterState | undefined;
    const entering = { what: "enter a group", cursor: this.#cursor, owner: this.#member, lease };
    await changeCursor(this.#store, entering, (state) => {
      after = change(state && decode(state));
      return after && encode(after);
    });
    return after;
  }
}

/** Where the group of a roster began. */
export function startOf(roster: Uint8Array): Place {
  return decode(roster).start;
}

function decode(state: Uint8Array): RosterState {
  return JSON.parse(decoder.decode(state)) as RosterState;
}

function encode(state: RosterState): Uint8Array {
  return encoder.encode(JSON.stringify(state));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
