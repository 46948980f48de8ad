export { type BehaviourContract, behaviourContract } from "./behaviour/contract.js";
export {
  type Actor,
  type BehaviourFeatures,
  type BehaviourHarness,
  type BehaviourOptions,
  openAccess,
} from "./behaviour/harness.js";
export { testBehaviour } from "./behaviour/test-behaviour.js";
