import { declareTests } from "../conformance/declare-tests.js";
import { defaultPatience, runCase, timeoutOf } from "../conformance/run-case.js";
import { type LinkCase, linkCases } from "./link-cases.js";
import type { TestLinkOptions } from "./link-harness.js";
import { LinkStage } from "./link-stage.js";

/**
 * Declares tests of everything that the `Link` and `LinkSource` ports promise, at both ends and both ways. Call it in a
 * test file of vitest; what only this transport can do is tested beside it.
 *
 * @throws {TypeError} when a feature is not declared, or is false without a reason.
 *
 * @example
 * ```ts
 * testLink("memory", {
 *   features: {
 *     binary: true,
 *     heartbeat: { value: false, because: "nothing falls silent within a process" },
 *     // ...
 *   },
 *   createHarness() {
 *     const network = new MemoryNetwork();
 *     return { server: network.server, client: () => ({ source: network.client() }), ... };
 *   },
 * });
 * ```
 */
export function testLink(name: string, options: TestLinkOptions): void {
  const { features, patience = defaultPatience } = options;
  declareTests(name, linkCases(features), (one) => runLinkCase(one, options), timeoutOf(patience));
}

/** Runs one case over a harness of its own. Rejects when the promise is not kept. */
export async function runLinkCase(
  one: LinkCase,
  { createHarness, patience = defaultPatience }: Pick<TestLinkOptions, "createHarness" | "patience">,
): Promise<void> {
  await runCase(one, new LinkStage(await createHarness(), patience), patience);
}
