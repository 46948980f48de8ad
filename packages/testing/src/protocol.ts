export type { Declarations, Declared } from "./conformance/declared.js";
export type { HarnessClock } from "./conformance/harness-clock.js";
export { type ProtocolServing, protocolApplication } from "./protocol/application.js";
export { type ProtocolConnecting, protocolClient } from "./protocol/client/application.js";
export { type ProtocolClientCase, protocolClientCases } from "./protocol/client/client-cases.js";
export type {
  ProtocolClientAbility,
  ProtocolClientFeatures,
  ProtocolClientHarness,
  TestProtocolClientOptions,
} from "./protocol/client/harness.js";
export { ProtocolClientStage } from "./protocol/client/stage.js";
export { runProtocolClientCase, testProtocolClient } from "./protocol/client/test-protocol-client.js";
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
