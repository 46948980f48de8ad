import type { Broker } from "@eventwire/core";
import type { Abilities, Declarations } from "../conformance/declared.js";
import type { HarnessClock } from "../conformance/harness-clock.js";

/**
 * What brokers may differ in. Each is tested either way: an ability that is there, and that one is really missing.
 *
 * | ability | what it means |
 * | --- | --- |
 * | `trimByName` | `trim` can be limited to one name |
 * | `tasks` | it keeps tasks |
 * | `delay` | a task can be due later |
 * | `priority` | tasks of a larger priority are claimed first |
 * | `keyOrder` | of a name and key one task is under way at once, in the order in which they came |
 * | `limits` | a claim may limit how many are under way and begin in a time, over all who claim |
 * | `after` | a task can wait for others |
 * | `results` | what became of a task is kept for a time, with its result |
 * | `signals` | it carries signals |
 * | `transactions` | `write` changes log, cursors and tasks together, or nothing |
 * | `hints` | a watcher hears of what another broker on the same storage does |
 * | `clock` | the harness can let time pass; else leases and delays of the cases are short, and waited for |
 */
export type BrokerAbility = (typeof brokerAbilities)[number];

export const brokerAbilities = [
  "trimByName",
  "tasks",
  "delay",
  "priority",
  "keyOrder",
  "limits",
  "after",
  "results",
  "signals",
  "transactions",
  "hints",
  "clock",
] as const;

export type BrokerTraits = Declarations<BrokerAbility>;
export type BrokerAbilities = Abilities<BrokerAbility>;

/** A storage of its own, empty at first, and the brokers on it. */
export interface BrokerHarness {
  /**
   * A broker on the storage, not opened: another one each time where several objects can share it, the same one where the
   * storage is the object.
   */
  create(): Broker | Promise<Broker>;
  /** Where `clock`: what leases and delays go by. Conditions are waited for by the platform's time nevertheless. */
  readonly clock?: HarnessClock;
  /** Called when all brokers are closed: removes the storage. */
  close(): void | Promise<void>;
}

export interface TestBrokerOptions {
  readonly features: BrokerTraits;
  /** Called for each test, and once more where it needs a second storage. */
  createHarness(): BrokerHarness | Promise<BrokerHarness>;
  /** For how long a condition is waited for before the test fails, in milliseconds. Default 10,000. */
  readonly patience?: number;
  /**
   * For how long the leases and delays of the cases are where the harness has no clock, in milliseconds: longer than a few
   * operations take, and waited for in some cases. Default 500.
   */
  readonly lease?: number;
}
