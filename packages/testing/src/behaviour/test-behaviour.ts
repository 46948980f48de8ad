import { describe, it } from "vitest";
import { testBoundary } from "./boundary.js";
import { testData } from "./data.js";
import { testDelivery } from "./delivery.js";
import { testFailures } from "./failures.js";
import type { BehaviourFeatures, BehaviourOptions } from "./harness.js";
import { testListening } from "./listening.js";
import { testRequests } from "./requests.js";
import { Stage } from "./stage.js";
import { testVolume } from "./volume.js";

/** One test: a sentence about behaviour, and what shows it. */
export type Scenario = (sentence: string, show: (stage: Stage) => Promise<void>) => void;
type Chapter = (scenario: Scenario, features: BehaviourFeatures) => void;

const chapters: Readonly<Record<string, Chapter>> = {
  delivery: testDelivery,
  listening: testListening,
  data: testData,
  failures: testFailures,
  requests: testRequests,
  boundary: testBoundary,
  volume: testVolume,
};

/**
 * Declares tests of what every bus does, however it is joined to others: in one process, over a link in memory, over a
 * network. Call it in a test file; what is not the same everywhere is declared in `features`.
 *
 * @example
 * ```ts
 * testBehaviour("over a memory link", {
 *   features: { boundary: true },
 *   createHarness() {
 *     const network = new MemoryNetwork();
 *     const errors: EventwireError[] = [];
 *     const bus = createBus(behaviourContract, { onError: (error) => errors.push(error) });
 *     createHub(bus, network.server, openAccess);
 *     // ...
 *   },
 * });
 * ```
 */
export function testBehaviour(name: string, { features, createHarness }: BehaviourOptions): void {
  const scenario: Scenario = (sentence, show) =>
    it(sentence, async () => {
      const stage = new Stage(await createHarness());
      try {
        await show(stage);
        stage.expectNoFurtherErrors();
      } finally {
        await stage.close();
      }
    });
  describe(name, () => {
    for (const [title, chapter] of Object.entries(chapters)) {
      describe(title, () => chapter(scenario, features));
    }
  });
}
