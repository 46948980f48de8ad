import type { OutboxStore } from "@eventwire/core";
import type { Abilities, Declarations } from "../conformance/declared.js";

/**
 * What stores of outboxes may differ in. Each is tested either way: an ability that is there, and that one is really missing.
 *
 * | ability | what it means |
 * | --- | --- |
 * | `survives` | what is left is there for who opens next, also in a later place; else it ends when it is closed |
 * | `shared` | several places have one storage at the same time, and hear of what another one leaves |
 * | `crashes` | the harness can end a place as a crash does |
 * | `full` | the harness can take the storage's room away |
 */
export type OutboxAbility = (typeof outboxAbilities)[number];

export const outboxAbilities = ["survives", "shared", "crashes", "full"] as const;

export type OutboxFeatures = Declarations<OutboxAbility>;
export type OutboxAbilities = Abilities<OutboxAbility>;

/** A process or a page, with a store of its own on the harness's storage. */
export interface OutboxPlace {
  readonly store: OutboxStore;
  /** Ends it as a crash does, where `crashes`: nothing in it is told. Resolves once it is gone. */
  crash?(): void | Promise<void>;
}

/** A storage of its own, empty at first, and the places that have it. */
export interface OutboxHarness {
  /** Another place on the storage. Where it is not `shared` only one is open at a time. */
  place(): OutboxPlace | Promise<OutboxPlace>;
  /** Where `full`: from now on there is no room for as many bytes as an entry of a megabyte has. */
  fill?(): void | Promise<void>;
  /** Where `full`: there is room again. */
  free?(): void | Promise<void>;
  /** Called when all outboxes are closed: ends the places and removes the storage. */
  close(): void | Promise<void>;
}

export interface TestOutboxStoreOptions {
  readonly features: OutboxFeatures;
  /** Called for each test, and once more where it needs a second storage. */
  createHarness(): OutboxHarness | Promise<OutboxHarness>;
  /** For how long a condition is waited for before the test fails, in milliseconds. Default 10,000. */
  readonly patience?: number;
}
