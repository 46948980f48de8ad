/** How many parts may be on their way to a peer that has not said it took them: what is small waits behind no more. */
const window = 4;

/** How fast parts are sent: by turns with what is small, and a few at a time. */
export class PartPace {
  /** How many bytes had been sent behind each part that may be on its way. */
  readonly #onTheirWay: number[] = [];
  /** Whether the next turn is a part's. */
  isDue = true;
  /** Whether the peer is to be asked behind the next part what it took: so often that more can be sent meanwhile. */
  asks = false;

  /** Something small was sent. */
  due(): void {
    this.isDue = true;
  }

  /** A part was sent, with which so many bytes have been sent. */
  sent(bytes: number): void {
    this.#onTheirWay.push(bytes);
    this.isDue = false;
    this.asks = !this.asks;
  }

  /** Whether another part may be sent to a peer that has taken so many bytes. */
  mayGo(taken: number): boolean {
    return this.#onTheirWayPast(taken) < window;
  }

  /** Whether a peer that has taken so many bytes has taken all that was sent. */
  isOver(taken: number): boolean {
    return this.#onTheirWayPast(taken) === 0;
  }

  #onTheirWayPast(taken: number): number {
    while (this.#onTheirWay.length > 0 && this.#onTheirWay[0]! <= taken) this.#onTheirWay.shift();
    return this.#onTheirWay.length;
  }
}
