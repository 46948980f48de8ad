import type { Consumer, Dispatch } from "./dispatch.js";
import type { Entry, QueueEntry } from "./entry.js";
import { AbandonedError } from "./errors/abandoned-error.js";

type Result<Data> = IteratorResult<Entry<Data>, undefined>;

/** Gives entries to a loop that asks for them. */
export class EntryIterator<Data> implements AsyncIterableIterator<Entry<Data>, undefined>, Consumer<Data> {
  inLine = false;
  readonly #name: string;
  readonly #dispatch: Dispatch<Data>;
  readonly #onEnd: () => void;
  /** Who waits for an entry: more than one when the next was asked for before the last came. */
  readonly #asked: ((result: Result<Data>) => void)[] = [];
  /** What was given since the next was asked for last. */
  #given: QueueEntry<Data>[] = [];
  #ended = false;

  /** @param onEnd called once, when it has ended in whatever way. */
  constructor(name: string, dispatch: Dispatch<Data>, onEnd: () => void) {
    this.#name = name;
    this.#dispatch = dispatch;
    this.#onEnd = onEnd;
  }

  give(entry: QueueEntry<Data>): boolean {
    this.#given.push(entry);
    this.#asked.shift()?.({ done: false, value: entry });
    return this.#asked.length > 0;
  }

  next(): Promise<Result<Data>> {
    for (const entry of this.#given) entry.done();
    this.#given = [];
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#dispatch.join(this);
      this.#dispatch.pump();
    });
  }

  /** Called by `break`, `return` and an error in a loop. */
  return(): Promise<Result<Data>> {
    this.end();
    for (const entry of this.#given) entry.fail(new AbandonedError(this.#name, entry.id));
    this.#given = [];
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Gives nothing any more; the loop ends when it asks for the next. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dispatch.leave(this);
    for (const tell of this.#asked.splice(0)) tell({ done: true, value: undefined });
    this.#onEnd();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
