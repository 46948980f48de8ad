import { expect, it } from "vitest";
import { memoryProtocol, serveProtocol } from "../../fixtures/memory-protocol.js";
import { protocolBugs } from "../../fixtures/protocol-bugs.js";
import { tamperedFrames } from "../../fixtures/tampered-frames.js";
import { protocolCases } from "./server-cases.js";
import { runProtocolCase } from "./test-protocol.js";

const cases = protocolCases(memoryProtocol);
/** In milliseconds of the virtual clock: what a bug keeps from happening is waited for in vain. */
const patience = 500;
const sound = tamperedFrames(
  (limits) => serveProtocol(limits),
  () => ({}),
);

it.each(protocolBugs)("is caught: $bug", async ({ caughtBy, because, plant }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  await runProtocolCase(one!, { createHarness: sound, patience });
  const createHarness = plant((limits) => serveProtocol(limits));
  await expect(runProtocolCase(one!, { createHarness, patience })).rejects.toThrow(because);
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
