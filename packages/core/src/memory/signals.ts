import type { Runtime } from "@eventwire/queue";
import type { Signals } from "../broker.js";
import { Watchers } from "./watchers.js";

/** Signals between the buses of one process. None is lost. */
export class MemorySignals implements Signals {
  readonly #runtime: Runtime;
  readonly #check: () => void;
  readonly #isOpen: () => boolean;
  readonly #topics = new Map<string, Watchers<[Uint8Array]>>();

  /** @param check throws when the broker is closed. */
  constructor(runtime: Runtime, check: () => void, isOpen: () => boolean) {
    this.#runtime = runtime;
    this.#check = check;
    this.#isOpen = isOpen;
  }

  publish(topic: string, frame: Uint8Array): void {
    const receivers = this.#topics.get(topic);
    if (!receivers || !this.#isOpen()) return;
    this.#runtime.microtask(() => {
      if (this.#isOpen()) receivers.tell(frame);
    });
  }

  async subscribe(topic: string, on: (frame: Uint8Array) => void): Promise<() => void> {
    this.#check();
    const receivers = this.#topics.get(topic) ?? new Watchers<[Uint8Array]>(this.#runtime);
    this.#topics.set(topic, receivers);
    const remove = receivers.add(on);
    return () => {
      remove();
      if (receivers.size === 0 && this.#topics.get(topic) === receivers) this.#topics.delete(topic);
    };
  }
}
