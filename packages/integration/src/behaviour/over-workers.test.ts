import { testBehaviour } from "@eventwire/testing/behaviour";
import { overBroadcast, overPort, workerHarness } from "./worker-harness.js";

const features = { boundary: true };

testBehaviour("over a message port", { features, createHarness: () => workerHarness(overPort()) });

testBehaviour("over a message port, sent away and back between any two steps", {
  features,
  createHarness: () => workerHarness(overPort(), { disturbed: true }),
});

testBehaviour("over a broadcast channel", { features, createHarness: () => workerHarness(overBroadcast()) });

testBehaviour("over a broadcast channel, sent away and back between any two steps", {
  features,
  createHarness: () => workerHarness(overBroadcast(), { disturbed: true }),
});
