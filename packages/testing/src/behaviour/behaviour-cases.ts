import {
  type Chapter,
  type ConformanceCase,
  casesOf,
  type Declare,
} from "../conformance/conformance-case.js";
import { testBoundary } from "./boundary.js";
import { testData } from "./data.js";
import { testDelivery } from "./delivery.js";
import { testDurableEvents } from "./durable-events.js";
import { testFailures } from "./failures.js";
import { testGroups } from "./groups.js";
import type { BehaviourFeatures } from "./harness.js";
import { testLargeMessages } from "./large-messages.js";
import { testListening } from "./listening.js";
import { testRequests } from "./requests.js";
import { testRequestsToClients } from "./requests-to-clients.js";
import type { Stage } from "./stage.js";
import { testStreams } from "./streams.js";
import { testVolume } from "./volume.js";
import { testWork } from "./work.js";

export type BehaviourCase = ConformanceCase<Stage>;
/** Declares one case: a sentence about behaviour, and what shows it. */
export type Scenario = Declare<Stage>;

/** What a bus does, as a table of contents. */
const chapters: Readonly<Record<string, Chapter<Stage, BehaviourFeatures>>> = {
  delivery: testDelivery,
  listening: testListening,
  "durable events": testDurableEvents,
  groups: testGroups,
  data: testData,
  failures: testFailures,
  requests: testRequests,
  "streamed answers": testStreams,
  "requests to clients": testRequestsToClients,
  work: testWork,
  boundary: testBoundary,
  volume: testVolume,
  "large messages": testLargeMessages,
};

/** The cases for buses that are joined so. */
export function behaviourCases(features: BehaviourFeatures): readonly BehaviourCase[] {
  return casesOf(chapters, features);
}
