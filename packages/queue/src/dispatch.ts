import { Alarm } from "./alarm.js";
import { type Disposer, disposer } from "./disposer.js";
import type { QueueEntry } from "./entry.js";
import type { Outlet } from "./outlet.js";
import type { Runtime } from "./runtime.js";
import { Slice } from "./slice.js";

/** Who gets entries as they come. */
export interface Consumer<Data> {
  /** Whether it is in line, which the dispatch keeps. */
  inLine: boolean;
  /** Is given an entry. @returns whether it takes another at once. */
  give(entry: QueueEntry<Data>): boolean;
}

/** Gives entries to consumers, each in turn, and lets the event loop breathe. */
export class Dispatch<Data> {
  readonly #runtime: Runtime;
  readonly #outlet: Outlet<Data>;
  readonly #alarm: Alarm;
  readonly #slice: Slice;
  readonly #hints = new Set<() => void>();
  /** The consumers that would take an entry, in turn. */
  readonly #line: Consumer<Data>[] = [];
  /** Whether nothing could be taken when that was tried last, or nobody has tried. */
  #starved = true;
  #scheduled = false;
  #pumping = false;

  constructor(runtime: Runtime, outlet: Outlet<Data>) {
    this.#runtime = runtime;
    this.#outlet = outlet;
    this.#alarm = new Alarm(runtime, () => this.wake());
    this.#slice = new Slice(runtime, () => this.pump());
  }

  watch(hint: () => void, signal?: AbortSignal): Disposer {
    // A function of its own, so that one hint can be given twice.
    const own = () => hint();
    this.#hints.add(own);
    // Others may know that there is something, and have their hands full.
    this.#starved = false;
    this.schedule();
    return disposer(() => {
      this.#hints.delete(own);
      this.#restIfAlone();
    }, signal);
  }

  /** It would take an entry: it gets one when it is its turn, once the pump runs. */
  join(consumer: Consumer<Data>): void {
    if (consumer.inLine) return;
    consumer.inLine = true;
    this.#line.push(consumer);
  }

  /** It takes none any more. */
  leave(consumer: Consumer<Data>): void {
    this.#remove(consumer);
    this.#restIfAlone();
  }

  /** Something may be there to take. */
  wake(): void {
    if (!this.#starved || (this.#line.length === 0 && this.#hints.size === 0)) return;
    this.#starved = false;
    this.schedule();
  }

  /** Runs the pump when the current synchronous code has ended. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#runtime.microtask(() => {
      this.#scheduled = false;
      for (const hint of this.#hints) this.#tell(hint);
      this.pump();
    });
  }

  /** Nothing could be taken: tells when something can again. */
  starve(): void {
    this.#starved = true;
    if (this.#line.length === 0 && this.#hints.size === 0) return;
    const nextAt = this.#outlet.nextAt();
    if (nextAt === undefined) this.#alarm.clear();
    else this.#alarm.set(nextAt);
  }

  /** Gives out what there is. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const line = this.#line;
    while (line.length > 0 && this.#slice.goesOn()) {
      const entry = this.#outlet.take();
      if (entry === undefined) {
        this.starve();
        break;
      }
      const consumer = line[0]!;
      if (line.length > 1) line.push(line.shift()!);
      if (!consumer.give(entry)) this.#remove(consumer);
    }
    this.#pumping = false;
  }

  #tell(hint: () => void): void {
    try {
      hint();
    } catch (error) {
      this.#runtime.uncaught(error);
    }
  }

  #remove(consumer: Consumer<Data>): void {
    if (!consumer.inLine) return;
    consumer.inLine = false;
    const line = this.#line;
    // Who was given an entry last is the last in line.
    if (line[line.length - 1] === consumer) line.pop();
    else line.splice(line.indexOf(consumer), 1);
  }

  #restIfAlone(): void {
    if (this.#line.length === 0 && this.#hints.size === 0) this.#alarm.clear();
  }
}
