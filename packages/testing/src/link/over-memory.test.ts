import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { memoryLinks as createHarness, memoryFeatures as features } from "../../fixtures/memory-links.js";
import type { MemoryNetworkOptions } from "../memory-network.js";
import { testLink } from "./test-link.js";

testLink("a link in memory", { features, createHarness });

/** Harnesses on a clock whose time passes by itself until they close. */
function onVirtualTime(options: MemoryNetworkOptions) {
  return () => {
    const clock = new VirtualClock();
    const close = clock.start();
    return { ...createHarness({ runtime: clock, seed: 1, ...options }), close };
  };
}

testLink("a link in memory that is slow, narrow and uneven", {
  features,
  createHarness: onVirtualTime({
    faults: { latency: 40, jitter: 60, reorder: 0.1, duplicate: 0.1, bandwidth: 2_000_000, refuse: 0.2 },
  }),
});
