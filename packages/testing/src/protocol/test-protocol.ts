import { declareTests } from "../conformance/declare-tests.js";
import { defaultPatience, runCase, timeoutOf } from "../conformance/run-case.js";
import type { TestProtocolOptions } from "./harness.js";
import { type ProtocolCase, protocolCases } from "./server-cases.js";
import { ProtocolStage } from "./stage.js";

/**
 * Declares tests of what the protocol's page says of a server. They speak frames by hand, so that they also show whether a
 * server of other origin keeps to it. Call it in a test file of vitest.
 *
 * @throws {TypeError} when a feature is not declared, or is false without a reason.
 *
 * @example
 * ```ts
 * testProtocol("my server", {
 *   features: { messagepack: true, openingAuth: true, halfOpen: true, clock: { value: false, because: "it is real" } },
 *   async createHarness(limits) {
 *     const server = await startMyServer(limits);
 *     return { connect: (receiver) => server.connect(receiver), close: () => server.close() };
 *   },
 * });
 * ```
 */
export function testProtocol(name: string, options: TestProtocolOptions): void {
  const { features, patience = defaultPatience } = options;
  declareTests(name, protocolCases(features), (one) => runProtocolCase(one, options), timeoutOf(patience));
}

/** Runs one case against a server of its own. Rejects when the server does otherwise. */
export async function runProtocolCase(
  one: ProtocolCase,
  { createHarness, patience = defaultPatience }: Pick<TestProtocolOptions, "createHarness" | "patience">,
): Promise<void> {
  await runCase(one, new ProtocolStage(createHarness, patience), patience);
}
