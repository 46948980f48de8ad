export type { ConformanceCase } from "./conformance/conformance-case.js";
export type { Declarations, Declared } from "./conformance/declared.js";
export { type OutboxCase, outboxCases } from "./outbox/outbox-cases.js";
export type {
  OutboxAbility,
  OutboxFeatures,
  OutboxHarness,
  OutboxPlace,
  TestOutboxStoreOptions,
} from "./outbox/outbox-harness.js";
export { OutboxStage } from "./outbox/outbox-stage.js";
export { runOutboxCase, testOutboxStore } from "./outbox/test-outbox-store.js";
