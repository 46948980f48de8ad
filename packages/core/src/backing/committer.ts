import { OverflowError, type Runtime } from "@eventwire/queue";
import { InvalidError } from "../errors/invalid-error.js";

type Send<Item, Outcome> = (batch: readonly Item[]) => Promise<readonly Outcome[]>;

/** How much goes at once. */
const maxBatch = 1_000;
const maxBytes = 2 ** 20;

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly bytes: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Something that is done between two batches. */
type Step = () => Promise<void>;

/**
 * Commits in groups: what comes in a turn goes in one batch, and what comes while one is under way waits for the next. So
 * order is kept, and the busier it is, the fewer batches there are.
 */
export class Committer<Item, Outcome> {
  readonly #runtime: Runtime;
  readonly #send: Send<Item, Outcome>;
  #waiting: (Waiting<Item, Outcome> | Step)[] = [];
  #size = 0;
  #running: Promise<void> | undefined;

  /** @param send sends a batch and gives the outcome of each; not called again before it has settled. */
  constructor(runtime: Runtime, send: Send<Item, Outcome>) {
    this.#runtime = runtime;
    this.#send = send;
  }

  /** How many wait or are under way. */
  get size(): number {
    return this.#size;
  }

  /** Rejects with what `send` does. */
  commit(item: Item, bytes: number): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#size += 1;
      this.#add({ item, bytes, resolve, reject });
    });
  }

  /** Does `work` when all that was committed before is settled, and before anything that is committed later is sent. */
  between<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => this.#add(() => work().then(resolve, reject)));
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #add(waiting: Waiting<Item, Outcome> | Step): void {
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await new Promise<void>((resolve) => this.#runtime.microtask(resolve));
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (let index = 0; index < waiting.length; ) {
        const next = waiting[index]!;
        if (typeof next === "function") {
          await next();
          index += 1;
        } else {
          const batch = batchFrom(waiting, index);
          await this.#commit(batch);
          index += batch.length;
        }
      }
    }
    this.#running = undefined;
  }

  /** What is refused because of one of a batch does not fail for the others: each half goes alone, until what is refused is alone. */
  async #commit(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#send(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index]!);
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) {
        const half = batch.length >> 1;
        await this.#commit(batch.slice(0, half));
        await this.#commit(batch.slice(half));
        return;
      }
      for (const { reject } of batch) reject(error);
    }
    this.#size -= batch.length;
  }
}

/** Whether nothing of a batch was done, because of what it is, or because it is too much. */
function isRefusal(error: unknown): boolean {
  return error instanceof InvalidError || error instanceof OverflowError;
}

function batchFrom<Item, Outcome>(
  waiting: readonly (Waiting<Item, Outcome> | Step)[],
  from: number,
): readonly Waiting<Item, Outcome>[] {
  const batch: Waiting<Item, Outcome>[] = [];
  let bytes = 0;
  for (let index = from; index < waiting.length && batch.length < maxBatch; index++) {
    const next = waiting[index]!;
    if (typeof next === "function") break;
    bytes += next.bytes;
    if (batch.length > 0 && bytes > maxBytes) break;
    batch.push(next);
  }
  return batch;
}
