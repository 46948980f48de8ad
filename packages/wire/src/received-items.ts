import type { Taker } from "@eventwire/core/attach";

/** How many items of a stream may be on their way at once, or wait for who takes them, unless that one says otherwise. */
const usualWindow = 16;

/** The items of one stream between the link and who takes them: as many as were asked for, and no more. */
export class ReceivedItems {
  readonly #taker: Taker;
  readonly #pull: (count: number) => void;
  readonly #waiting: unknown[] = [];
  /** How many are asked for at first. */
  readonly window: number;
  #granted: number;
  #taken = 0;
  #moving = false;
  #end: (() => void) | undefined;
  begun = false;

  /** @param pull asks the other side for so many more. */
  constructor(taker: Taker, pull: (count: number) => void) {
    this.#taker = taker;
    this.#pull = pull;
    this.window = taker.window ?? usualWindow;
    this.#granted = this.window;
  }

  begin(): void {
    this.begun = true;
    this.#taker.begun();
  }

  /** @returns whether it was asked for. */
  put(item: unknown): boolean {
    if (this.#granted === 0 || !this.begun) return false;
    this.#granted -= 1;
    this.#waiting.push(item);
    if (!this.#moving) void this.#move();
    return true;
  }

  /** Runs `settle` behind the items that have come. */
  end(settle: () => void): void {
    if (this.#moving) this.#end = settle;
    else settle();
  }

  async #move(): Promise<void> {
    this.#moving = true;
    while (this.#waiting.length > 0) {
      const waits = this.#taker.wanted();
      if (waits) await waits;
      this.#taker.give(this.#waiting.shift());
      this.#taken += 1;
      if (this.#taken < this.window / 2) continue;
      this.#granted += this.#taken;
      this.#pull(this.#taken);
      this.#taken = 0;
    }
    this.#moving = false;
    this.#end?.();
  }
}
