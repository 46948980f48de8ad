/** How far a shard of a group is done, as the log keeps it. */
export interface Settled {
  readonly epoch: string;
  /** All up to here is done. */
  readonly position: number;
  /** What is done beyond it. */
  readonly done: Iterable<number>;
}

/** What was saved of a shard in one history of the log, and of each event when that was first. What the log has, it must not lose. */
export class SettledShard {
  readonly epoch: string;
  /** Rising, as positions are. */
  readonly #positions: { readonly position: number; readonly asked: number }[] = [];
  readonly #done = new Map<number, number>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** @param asked when the log was asked to keep that. A later word that says less is not believed. */
  saved({ position, done }: Settled, asked: number): void {
    if (position > (this.#positions.at(-1)?.position ?? -1)) this.#positions.push({ position, asked });
    for (const number of done) if (!this.#done.has(number)) this.#done.set(number, asked);
  }

  /** When the log was first asked to keep that an event is done; `undefined` where it has not been. */
  since(number: number): number | undefined {
    const by = this.#positions.find(({ position }) => position >= number)?.asked;
    const alone = this.#done.get(number);
    return by === undefined || alone === undefined ? (by ?? alone) : Math.min(by, alone);
  }
}
