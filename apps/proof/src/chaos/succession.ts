import { setTimeout as sleep } from "node:timers/promises";
import type { Place } from "./place.js";
import { until } from "./until.js";

/** How long a producer may take to begin, and one that was replaced to notice, in milliseconds. */
const notice = 5_000;

/** Which process numbers what it appends, as which epoch: another may take its place. */
export class Succession {
  readonly #places: readonly Place[];
  #at = 0;
  #epoch = 0;
  /** Whether the log has it that this epoch has begun. */
  #begun = false;

  constructor(places: readonly Place[]) {
    this.#places = places;
  }

  /** A process has come, and begins again if it is the producer's. */
  came(index: number): void {
    if (index === this.#at) this.#begin();
  }

  began(epoch: number): void {
    if (epoch === this.#epoch) this.#begun = true;
  }

  /** Who may take the producer's place, where that is at work. */
  get successor(): Place | undefined {
    const before = this.#places[this.#at]!;
    if (!this.#begun || !before.awake) return undefined;
    return this.#places.find((place) => place.awake && place !== before);
  }

  /**
   * Another takes the place of a producer that stands still, and then goes on.
   *
   * @param still for how long it stands still after that, in milliseconds.
   * @param fenced how often a producer was found to be replaced.
   * @returns whether the other has begun.
   */
  async pass(still: number, fenced: () => number): Promise<boolean> {
    const before = this.#places[this.#at]!;
    const after = this.successor;
    if (!after) return false;
    before.stop();
    this.#at = after.index;
    this.#begin();
    const begun = await until(() => this.#begun, notice);
    await sleep(still);
    const known = fenced();
    before.go();
    if (begun) await until(() => fenced() > known, notice);
    return begun;
  }

  #begin(): void {
    this.#epoch += 1;
    this.#begun = false;
    this.#places[this.#at]!.tell({ type: "produce", epoch: this.#epoch });
  }
}
