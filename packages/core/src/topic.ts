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
  /** The dispatcher's state while an event of it is under way. */
  underWay = 0;
  /** Whether an emit has nothing to do but to call listeners. */
  plain: boolean;
  /** Whether it has to tell taps as well, and nothing more. */
  tapped = false;
  /** The only listener of a key is kept as it is: among many keys, each step from object to object is a wait for memory. */
  readonly #byKey = new Map<Key, Listener | Listeners>();
  readonly #keyOf: ((data: unknown) => unknown) | undefined;
  readonly #mayBePlain: boolean;

  /** @param sends whether this side may emit it. */
  constructor(name: string, definition: EventDefinition, sends: boolean) {
    this.name = name;
    this.definition = definition;
    this.#keyOf = definition.key as ((data: unknown) => unknown) | undefined;
    this.#mayBePlain = sends && definition.delivery !== "durable";
    this.plain = this.#mayBePlain;
  }

  /** @throws {InvalidError} when the contract's key function gives something that is no key. */
  key(data: unknown): Key | undefined {
    return this.#keyOf === undefined ? undefined : this.#checked(this.#keyOf(data));
  }

  #checked(key: unknown): Key {
    if (isKey(key)) return key;
    throw new InvalidError(this.name, [{ message: "its key must be a string or a finite number", path: [] }]);
  }

  /** Who listens by a key: several, or the only one. */
  withKey(key: Key | undefined): Listener | Listeners | undefined {
    return this.#byKey.get(key!);
  }

  /** Who listens by a key, in places that silence who leaves during an emit. */
  placesOf(key: Key): Listeners | undefined {
    const there = this.#byKey.get(key);
    if (typeof there !== "function") return there;
    const listeners = new Listeners();
    listeners.add(there);
    this.#byKey.set(key, listeners);
    return listeners;
  }

  /** How many listen to a key. */
  count(key: Key | undefined): number {
    const keyed = this.withKey(key);
    return this.everyKey.size + (keyed instanceof Listeners ? keyed.size : keyed ? 1 : 0);
  }

  /** Whether anybody listens to a key, or without one, to any. */
  listened(key: Key | undefined): boolean {
    return key === undefined ? this.everyKey.size + this.#byKey.size > 0 : this.count(key) > 0;
  }

  /** Puts a listener in the places of another one. */
  replace(listener: Listener, by: Listener, key: Key | undefined): void {
    this.everyKey.replace(listener, by);
    const keyed = this.withKey(key);
    if (keyed instanceof Listeners) keyed.replace(listener, by);
    else if (keyed === listener) this.#byKey.set(key!, by);
  }

  /** @returns what `remove` takes. */
  add(listener: Listener, key: Key | undefined): number {
    if (key === undefined) return this.everyKey.add(listener);
    const there = this.placesOf(key);
    if (there) return there.add(listener);
    this.#byKey.set(key, listener);
    return 0;
  }

  /** @returns what is to be tidied when no emit is under way. */
  remove(place: number, key: Key | undefined): Listeners | undefined {
    const there = key === undefined ? this.everyKey : this.withKey(key);
    if (there instanceof Listeners) {
      there.remove(place);
      if (key === undefined || there.size > 0) return there;
    }
    this.#byKey.delete(key!);
    return undefined;
  }

  tap(tap: Tap): () => void {
    this.#tapBy([...this.taps, tap]);
    return () => this.#tapBy(this.taps.filter((other) => other !== tap));
  }

  #tapBy(taps: readonly Tap[]): void {
    this.taps = taps;
    this.plain = this.#mayBePlain && taps.length === 0;
    this.tapped = this.#mayBePlain && taps.length > 0;
  }
}
