export { type BehaviourCase, behaviourCases } from "./behaviour/behaviour-cases.js";
export { type BehaviourContract, behaviourContract } from "./behaviour/contract.js";
export {
  type Actor,
  type BehaviourFeatures,
  type BehaviourHarness,
  type BehaviourOptions,
  openAccess,
} from "./behaviour/harness.js";
export { runBehaviourCase, testBehaviour } from "./behaviour/test-behaviour.js";
