export type { ConformanceCase } from "./conformance/conformance-case.js";
export type { Declarations, Declared } from "./conformance/declared.js";
export type { HarnessClock } from "./conformance/harness-clock.js";
export { type LinkCase, linkCases } from "./link/link-cases.js";
export type {
  LinkAbility,
  LinkClient,
  LinkClientOptions,
  LinkFeatures,
  LinkHarness,
  TestLinkOptions,
} from "./link/link-harness.js";
export { LinkStage } from "./link/link-stage.js";
export { runLinkCase, testLink } from "./link/test-link.js";
