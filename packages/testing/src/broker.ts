export { type BrokerCase, brokerCases } from "./broker/broker-cases.js";
export type {
  BrokerAbility,
  BrokerHarness,
  BrokerTraits,
  TestBrokerOptions,
} from "./broker/broker-harness.js";
export { BrokerStage } from "./broker/broker-stage.js";
export { runBrokerCase, testBroker } from "./broker/test-broker.js";
export type { ConformanceCase } from "./conformance/conformance-case.js";
export type { Declarations, Declared } from "./conformance/declared.js";
export type { HarnessClock } from "./conformance/harness-clock.js";
