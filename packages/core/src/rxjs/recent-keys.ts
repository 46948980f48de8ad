import { MisuseError } from "@eventwire/queue";
import { asyncScheduler, type SchedulerLike } from "rxjs";
import type { Key } from "../key.js";

/** Which keys are kept in memory. */
export interface KeptKeys {
  /** How many keys are kept: when there are more, the one goes whose last event is the oldest. Default 10,000. */
  readonly keys?: number | undefined;
  /** How long a key is kept after its last event, in milliseconds. Default: as long as there is room. */
  readonly age?: number | undefined;
  /** What `age` is measured with. Default: `asyncScheduler`. */
  readonly scheduler?: SchedulerLike | undefined;
}

export interface KeyLimits {
  readonly keys: number;
  readonly age: number;
  readonly scheduler: SchedulerLike;
}

/** @throws {MisuseError} */
export function keyLimits({
  keys = 10_000,
  age = Infinity,
  scheduler = asyncScheduler,
}: KeptKeys = {}): KeyLimits {
  if (!(Number.isInteger(keys) || keys === Infinity) || keys < 1) {
    throw new MisuseError(`keys must be a whole number of at least 1, or Infinity; it is ${keys}.`);
  }
  if (!(age > 0)) throw new MisuseError(`age must be a number of milliseconds above 0; it is ${age}.`);
  return { keys, age, scheduler };
}

interface Recent<Value> {
  readonly value: Value;
  readonly forgetAt: number;
}

/** A value for each key that had an event of late, in the order of those events. */
export class RecentKeys<Value> {
  readonly #limits: KeyLimits;
  /** A Map iterates in the order of insertion, also over what is inserted meanwhile. */
  readonly #byKey = new Map<Key, Recent<Value>>();

  constructor(limits: KeyLimits) {
    this.#limits = limits;
  }

  get(key: Key): Value | undefined {
    this.#forgetOld();
    return this.#byKey.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    this.#forgetOld();
    this.#byKey.delete(key);
    const { keys, age, scheduler } = this.#limits;
    this.#byKey.set(key, { value, forgetAt: age === Infinity ? age : scheduler.now() + age });
    if (this.#byKey.size > keys) this.#byKey.delete(this.#byKey.keys().next().value!);
  }

  clear(): void {
    this.#byKey.clear();
  }

  /** The oldest first. What is set while they are read comes as well, at the end. */
  *values(): Generator<Value, undefined> {
    this.#forgetOld();
    for (const { value } of this.#byKey.values()) yield value;
  }

  #forgetOld(): void {
    const { age, scheduler } = this.#limits;
    if (age === Infinity) return;
    const now = scheduler.now();
    for (const [key, { forgetAt }] of this.#byKey) {
      if (forgetAt > now) return;
      this.#byKey.delete(key);
    }
  }
}
