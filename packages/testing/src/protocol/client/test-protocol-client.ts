import { declareTests } from "../../conformance/declare-tests.js";
import { defaultPatience, runCase, timeoutOf } from "../../conformance/run-case.js";
import { type ProtocolClientCase, protocolClientCases } from "./client-cases.js";
import type { TestProtocolClientOptions } from "./harness.js";
import { ProtocolClientStage } from "./stage.js";

/**
 * Declares tests of what the protocol's page says of a client, by frames that a server says by hand. Call it in a test file of
 * vitest.
 *
 * @throws {TypeError} when a feature is not declared, or is false without a reason.
 *
 * @example
 * ```ts
 * testProtocolClient("my client", {
 *   features: { messagepack: true, helloAuth: true, clock: { value: false, because: "it is real" } },
 *   async createHarness(onLink) {
 *     const server = await listenForMyClient(onLink);
 *     return { close: () => server.close() };
 *   },
 * });
 * ```
 */
export function testProtocolClient(name: string, options: TestProtocolClientOptions): void {
  const { features, patience = defaultPatience } = options;
  const run = (one: ProtocolClientCase) => runProtocolClientCase(one, options);
  declareTests(name, protocolClientCases(features), run, timeoutOf(patience));
}

/** Runs one case with a client of its own. Rejects when the client does otherwise. */
export async function runProtocolClientCase(
  one: ProtocolClientCase,
  {
    createHarness,
    patience = defaultPatience,
  }: Pick<TestProtocolClientOptions, "createHarness" | "patience">,
): Promise<void> {
  await runCase(one, new ProtocolClientStage(createHarness, patience), patience);
}
