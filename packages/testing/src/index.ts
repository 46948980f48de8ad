export { VirtualClock, type VirtualClockOptions } from "@eventwire/queue/virtual-clock";
export { ExpectationError } from "./expectation-error.js";
export type { Faults } from "./faults.js";
export type { MemoryClient } from "./memory-client.js";
export type { Direction } from "./memory-connection.js";
export { type MemoryClientOptions, MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.js";
export type { AsymmetricMatcher, Expected, Partially } from "./partial.js";
export { type Recorder, type Recording, record, type Within } from "./recording.js";
export {
  type FromClient,
  type Happening,
  type Outcome,
  type Outcomes,
  type Question,
  type Reaction,
  type Scenario,
  scenario,
} from "./scenario.js";
export { createTestBus, type TestBus } from "./test-bus.js";
