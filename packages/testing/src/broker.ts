export { type BrokerCase, brokerCases } from "./broker/broker-cases.js";
export type {
  BrokerAbility,
  BrokerHarness,
  BrokerTraits,
  HarnessClock,
  TestBrokerOptions,
} from "./broker/broker-harness.js";
export { BrokerStage } from "./broker/broker-stage.js";
export { runBrokerCase, testBroker } from "./broker/test-broker.js";
export type { ConformanceCase } from "./conformance/conformance-case.js";
export type { Declarations, Declared } from "./conformance/declared.js";
