import type { Tick } from "../../contract.js";

/** How many ticks are kept: two minutes. */
export const KEPT = 120;
/** Over how many ticks deliveries are counted. */
const OVER = 10;

/** What the charts show: deliveries a minute and the age of the oldest that waits, at each tick. */
export class Course {
  readonly rates: number[] = [];
  /** In seconds. */
  readonly ages: number[] = [];
  readonly #recent: number[] = [];
  #before: number | undefined;

  add({ delivered, queues }: Pick<Tick, "delivered" | "queues">): void {
    // A hub that was started again counts anew.
    const since = this.#before === undefined ? 0 : delivered - Math.min(delivered, this.#before);
    this.#before = delivered;
    keep(this.#recent, since, OVER);
    const sum = this.#recent.reduce((total, count) => total + count, 0);
    keep(this.rates, Math.round((sum * 60) / this.#recent.length), KEPT);
    keep(this.ages, Math.round(Math.max(...queues.map(({ oldest }) => oldest)) / 1_000), KEPT);
  }
}

function keep(values: number[], value: number, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}
