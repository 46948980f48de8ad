import { declareTests } from "../conformance/declare-tests.js";
import { defaultPatience, runCase, timeoutOf } from "../conformance/run-case.js";
import { type BehaviourCase, behaviourCases } from "./behaviour-cases.js";
import type { BehaviourOptions } from "./harness.js";
import { Stage } from "./stage.js";

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
export function testBehaviour(name: string, { features, ...options }: BehaviourOptions): void {
  const { patience = defaultPatience } = options;
  declareTests(name, behaviourCases(features), (one) => runBehaviourCase(one, options), timeoutOf(patience));
}

/** Runs one case over buses of its own. Rejects when it does not hold, or when an error came that it did not expect. */
export async function runBehaviourCase(
  { show, ...one }: BehaviourCase,
  { createHarness, patience = defaultPatience }: Omit<BehaviourOptions, "features">,
): Promise<void> {
  const showAll = async (stage: Stage) => {
    await show(stage);
    stage.expectNoFurtherErrors();
  };
  await runCase({ ...one, show: showAll }, new Stage(await createHarness(), patience), patience);
}
