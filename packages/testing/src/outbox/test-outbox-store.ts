import { declareTests } from "../conformance/declare-tests.js";
import { defaultPatience, runCase, timeoutOf } from "../conformance/run-case.js";
import { type OutboxCase, outboxCases } from "./outbox-cases.js";
import type { TestOutboxStoreOptions } from "./outbox-harness.js";
import { OutboxStage } from "./outbox-stage.js";

/**
 * Declares tests of everything that the `OutboxStore` port promises: what is kept, in which order, who has it, and what becomes of it
 * when a place ends. Call it in a test file of vitest; what only this store can do is tested beside it.
 *
 * @throws {TypeError} when a feature is not declared, or is false without a reason.
 *
 * @example
 * ```ts
 * testOutboxStore("files", {
 *   features: {
 *     survives: true,
 *     shared: true,
 *     crashes: { value: false, because: "the places of this test are one process" },
 *     full: { value: false, because: "a disk is not easily filled" },
 *   },
 *   async createHarness() {
 *     const folder = await mkdtemp(join(tmpdir(), "eventwire-"));
 *     return { place: () => ({ store: file(folder) }), close: () => rm(folder, { recursive: true }) };
 *   },
 * });
 * ```
 */
export function testOutboxStore(name: string, options: TestOutboxStoreOptions): void {
  const { features, patience = defaultPatience } = options;
  declareTests(name, outboxCases(features), (one) => runOutboxCase(one, options), timeoutOf(patience));
}

/** Runs one case on a storage of its own. Rejects when the promise is not kept. */
export async function runOutboxCase(
  one: OutboxCase,
  { createHarness, patience = defaultPatience }: Omit<TestOutboxStoreOptions, "features">,
): Promise<void> {
  await runCase(one, await OutboxStage.create({ createHarness, patience }), patience);
}
