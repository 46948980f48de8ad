import { declareTests } from "../conformance/declare-tests.js";
import { type BrokerCase, brokerCases } from "./broker-cases.js";
import type { TestBrokerOptions } from "./broker-harness.js";
import { BrokerStage } from "./broker-stage.js";

/** For how long a condition is waited for, in milliseconds. */
const defaultPatience = 10_000;

/**
 * Declares tests of everything that the `Broker` port promises: its log, cursors, tasks and signals, alone and shared, open
 * and closed. Call it in a test file of vitest; what only this broker can do is tested beside it.
 *
 * @throws {TypeError} when a feature is false without a reason.
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
  declareTests(name, brokerCases(features), (one) => runBrokerCase(one, options), 6 * patience);
}

/** Runs one case on a storage of its own. Rejects when the promise is not kept. */
export async function runBrokerCase(
  { show }: BrokerCase,
  { createHarness, patience = defaultPatience }: Pick<TestBrokerOptions, "createHarness" | "patience">,
): Promise<void> {
  const stage = await BrokerStage.create(createHarness, patience);
  await show(stage).catch(async (error: unknown) => {
    // The first failure is the one to tell, and not what follows from it.
    await stage.close().catch(() => undefined);
    throw error;
  });
  await stage.close();
}
