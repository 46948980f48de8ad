import { type Carried, nameOf, parcelOf, poisonAttempts } from "./contract.js";

export interface DeadParcel {
  readonly number: number;
  readonly attempts: number;
}

/** What was wrong, each in words. */
export interface WorkVerdict {
  /** Handed in, with a receipt, and neither carried nor, where it is poison, dead. */
  readonly lost: readonly string[];
  /** Carried twice, as the log has it. */
  readonly doubled: readonly string[];
  /** Two of a key whose workers both held them at one time. */
  readonly atOnce: readonly string[];
  /** Carried by an attempt after which there was another one: its worker had lost it. */
  readonly fenced: readonly string[];
  /** An attempt that was begun twice, or one number after a larger one; or dead after more attempts than there are, or fewer. */
  readonly attempts: readonly string[];
  /** Carried before another one of its key that was handed in before it. */
  readonly inverted: readonly string[];
  /** What nobody has handed in, poison that was carried, what is dead and no poison, and what else must not be. */
  readonly unexpected: readonly string[];
}

/** How often a worker may be lost with a task beyond its attempts: its last one is made again. With the next it is dead unseen. */
export const maxLosses = 2;

interface Seen {
  /** When it was about to be handed in, and when there was a receipt: what is said has an order. */
  handingIn: number;
  handedIn: number | undefined;
  readonly begun: number[];
}

/** Compares what was handed in and begun, as the processes said before and after, with what the file says in the end. */
export class WorkOracle {
  readonly #seen = new Map<number, Seen>();
  readonly #attempts: string[] = [];
  readonly #unexpected: string[] = [];
  #words = 0;
  handedIn = 0;
  begun = 0;
  ended = 0;
  fenced = 0;

  handingIn(number: number): void {
    // A vendor that comes again hands in again what had no receipt.
    if (!this.#seen.has(number))
      this.#seen.set(number, { handingIn: this.#words++, handedIn: undefined, begun: [] });
  }

  handedInNow(number: number): void {
    this.handedIn += 1;
    this.#seen.get(number)!.handedIn = this.#words++;
  }

  began(number: number, attempt: number): void {
    this.begun += 1;
    const seen = this.#seen.get(number);
    if (!seen) {
      this.trouble(`${number} was begun, and never handed in`);
      return;
    }
    const { begun } = seen;
    if (begun.includes(attempt)) this.#attempts.push(`attempt ${attempt} of ${number} was begun twice`);
    begun.push(attempt);
  }

  trouble(text: string): void {
    this.#unexpected.push(text);
  }

  /** @param carried in the order of the log. */
  verdict(carried: readonly Carried[], dead: readonly DeadParcel[]): WorkVerdict {
    const byNumber = new Map<number, Carried>();
    const doubled: string[] = [];
    const fenced: string[] = [];
    const unexpected = [...this.#unexpected];
    const attempts = [...this.#attempts];
    for (const one of carried) {
      const { number, attempt } = one;
      if (byNumber.has(number)) {
        doubled.push(`${number}, by attempts ${byNumber.get(number)!.attempt} and ${attempt}`);
        continue;
      }
      byNumber.set(number, one);
      const begun = this.#seen.get(number)?.begun ?? [];
      const last = this.#last(number);
      if (parcelOf(number).nature === "poison") unexpected.push(`${number} was carried, and is poison`);
      if (!begun.includes(attempt)) unexpected.push(`${number} was carried by an attempt that nobody began`);
      else if (last > attempt) fenced.push(`${number}, by attempt ${attempt} of ${last}`);
    }
    const died = new Set(dead.map(({ number }) => number));
    for (const { number, attempts: count } of dead) {
      if (parcelOf(number).nature !== "poison") unexpected.push(`${number} is dead`);
      else if (count < poisonAttempts || count > poisonAttempts + maxLosses + 1 || count < this.#last(number))
        attempts.push(`${number} is dead after ${count}`);
    }
    const lost = [...this.#seen]
      .filter(
        ([number, { handedIn }]) => handedIn !== undefined && !byNumber.has(number) && !died.has(number),
      )
      .map(([number]) => `${nameOf(parcelOf(number))} ${number}`);
    const byKey = new Map<string, Carried[]>();
    for (const one of byNumber.values()) byKey.set(one.key, [...(byKey.get(one.key) ?? []), one]);
    const ofKeys = [...byKey.values()];
    return {
      ...{ lost, doubled, fenced, attempts, unexpected },
      atOnce: ofKeys.flatMap(overlaps),
      inverted: ofKeys.flatMap((ofKey) => this.#inversions(ofKey)),
    };
  }

  /** The last attempt that was begun. */
  #last(number: number): number {
    return Math.max(0, ...(this.#seen.get(number)?.begun ?? []));
  }

  /** Those after which one was carried that had its receipt before they were about to be handed in. */
  #inversions(ofKey: readonly Carried[]): readonly string[] {
    let latest = -1;
    return ofKey.flatMap(({ number }) => {
      const { handingIn, handedIn = Number.POSITIVE_INFINITY } = this.#seen.get(number) ?? noParcel;
      if (handedIn < latest) return [`${number}, behind what was handed in after it`];
      latest = Math.max(latest, handingIn);
      return [];
    });
  }
}

const noParcel: Seen = { handingIn: -1, handedIn: undefined, begun: [] };

/** Those that began before one that had begun before them had ended: each held its lease from its beginning to its end. */
function overlaps(ofKey: readonly Carried[]): readonly string[] {
  const inOrder = [...ofKey].sort((a, b) => a.began - b.began);
  return inOrder.slice(1).flatMap((one, index) => {
    const before = inOrder[index]!;
    return one.began < before.ended ? [`${one.number} and ${before.number} of ${one.key}`] : [];
  });
}
