import { declareTests } from "../conformance/declare-tests.js";
import { type LinkCase, linkCases } from "./link-cases.js";
import type { TestLinkOptions } from "./link-harness.js";
import { LinkStage } from "./link-stage.js";

/** For how long a condition is waited for, in milliseconds. */
const defaultPatience = 10_000;

/**
 * Declares tests of everything that the `Link` and `LinkSource` ports promise, at both ends and both ways. Call it in a
 * test file of vitest; what only this transport can do is tested beside it.
 *
 * @throws {TypeError} when a feature is false without a reason.
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
  declareTests(name, linkCases(features), (one) => runLinkCase(one, options), 6 * patience);
}

/** Runs one case over a harness of its own. Rejects when the promise is not kept. */
export async function runLinkCase(
  { show }: LinkCase,
  { createHarness, patience = defaultPatience }: Pick<TestLinkOptions, "createHarness" | "patience">,
): Promise<void> {
  const stage = new LinkStage(await createHarness(), patience);
  await show(stage).catch(async (error: unknown) => {
    // The first failure is the one to tell, and not what follows from it.
    await stage.close().catch(() => undefined);
    throw error;
  });
  await stage.close();
}
