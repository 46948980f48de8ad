export type { Declarations, Declared } from "./conformance/declared.js";
export type { HarnessClock } from "./conformance/harness-clock.js";
export { type ProtocolServing, protocolApplication } from "./protocol/application.js";
export { type ProtocolContract, protocolContract } from "./protocol/contract.js";
export type {
  FrameLink,
  FrameReceiver,
  ProtocolAbility,
  ProtocolFeatures,
  ProtocolHarness,
  TestProtocolOptions,
} from "./protocol/harness.js";
export { type ProtocolCase, protocolCases } from "./protocol/server-cases.js";
export { ProtocolStage } from "./protocol/stage.js";
export { runProtocolCase, testProtocol } from "./protocol/test-protocol.js";
