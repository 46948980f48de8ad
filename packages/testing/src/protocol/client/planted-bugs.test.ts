import { expect, it } from "vitest";
import { connectProtocol, memoryProtocolClient } from "../../../fixtures/memory-protocol-client.js";
import { protocolClientBugs } from "../../../fixtures/protocol-client-bugs.js";
import { tamperedClientFrames } from "../../../fixtures/tampered-frames.js";
import { protocolClientCases } from "./client-cases.js";
import { runProtocolClientCase } from "./test-protocol-client.js";

const cases = protocolClientCases(memoryProtocolClient);
/** In milliseconds of the virtual clock: what a bug keeps from happening is waited for in vain. */
const patience = 500;

it.each(protocolClientBugs)("is caught: $bug", async ({ caughtBy, because, tamper }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  const sound = tamperedClientFrames(
    (onLink) => connectProtocol(onLink),
    () => ({}),
  );
  // With more patience: what a client loads when it first needs it takes real time.
  await runProtocolClientCase(one!, { createHarness: sound });
  const createHarness = tamperedClientFrames((onLink) => connectProtocol(onLink), tamper);
  await expect(runProtocolClientCase(one!, { createHarness, patience })).rejects.toThrow(because);
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
