import type { EventDefinition } from "./definition.js";
import { InvalidError } from "./errors/invalid-error.js";
import { isKey, type Key } from "./key.js";
import { type Listener, Listeners } from "./listeners.js";
import type { EventMessage } from "./message.js";

/** Sees each event inside emit, in the order of emits, before any listener. */
export type Tap = (message: EventMessage) => void;

/** The listeners of one event, apart by key, so that an emit costs only those that asked. */
export class Topic {
  readonly name: string;
  readonly definition: EventDefinition;
  readonly everyKey = new Listeners();
  taps: readonly Tap[] = [];
  readonly #byKey = new Map<Key, Listeners>();
  readonly #keyOf: ((data: unknown) => unknown) | undefined;

  constructor(name: string, definition: EventDefinition) {
    this.name = name;
    this.definition = definition;
    this.#keyOf = definition.key as ((data: unknown) => unknown) | undefined;
  }

  /** @throws {InvalidError} when the contract's key function gives something that is no key. */
  key(data: unknown): Key | undefined {
    if (this.#keyOf === undefined) return undefined;
    const key = this.#keyOf(data);
    if (isKey(key)) return key;
    throw new InvalidError(this.name, [{ message: "its key must be a string or a finite number", path: [] }]);
  }

  withKey(key: Key): Listeners | undefined {
    return this.#byKey.get(key);
  }

  add(listener: Listener, key: Key | undefined): void {
    this.#place(key).add(listener);
  }

  remove(listener: Listener, key: Key | undefined): void {
    const listeners = this.#place(key);
    listeners.remove(listener);
    if (key !== undefined && listeners.size === 0) this.#byKey.delete(key);
  }

  tap(tap: Tap): () => void {
    this.taps = [...this.taps, tap];
    return () => {
      this.taps = this.taps.filter((other) => other !== tap);
    };
  }

  #place(key: Key | undefined): Listeners {
    if (key === undefined) return this.everyKey;
    let listeners = this.#byKey.get(key);
    if (!listeners) {
      listeners = new Listeners();
      this.#byKey.set(key, listeners);
    }
    return listeners;
  }
}
