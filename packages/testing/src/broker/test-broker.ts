import { declareTests } from "../conformance/declare-tests.js";
import { defaultPatience, runCase, timeoutOf } from "../conformance/run-case.js";
import { type BrokerCase, brokerCases } from "./broker-cases.js";
import type { TestBrokerOptions } from "./broker-harness.js";
import { BrokerStage } from "./broker-stage.js";

/**
 * Declares tests of everything that the `Broker` port promises: its log, cursors, tasks and signals, alone and shared, open
 * and closed. Call it in a test file of vitest; what only this broker can do is tested beside it.
 *
 * @throws {TypeError} when a feature is not declared, or is false without a reason.
 *
 * @example
 * ```ts
 * testBroker("sqlite", {
 *   features: {
 *     hints: { value: false, because: "another process is heard of by polling" },
 *     // ...
 *   },
 *   async createHarness() {
 *     const folder = await mkdtemp(join(tmpdir(), "eventwire-"));
 *     const clock = new VirtualClock();
 *     return {
 *       clock,
 *       create: () => sqlite(join(folder, "events.db"), { runtime: clock }),
 *       close: () => rm(folder, { recursive: true }),
 *     };
 *   },
 * });
 * ```
 */
export function testBroker(name: string, options: TestBrokerOptions): void {
  const { features, patience = defaultPatience } = options;
  declareTests(name, brokerCases(features), (one) => runBrokerCase(one, options), timeoutOf(patience));
}

/** Runs one case on a storage of its own. Rejects when the promise is not kept. */
export async function runBrokerCase(
  one: BrokerCase,
  { patience = defaultPatience, ...options }: Omit<TestBrokerOptions, "features">,
): Promise<void> {
  await runCase(one, await BrokerStage.create({ ...options, patience }), patience);
}
