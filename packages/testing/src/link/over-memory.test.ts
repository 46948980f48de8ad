import {
  memoryLinks as createHarness,
  memoryFeatures as features,
  memoryLinksOnClock,
} from "../../fixtures/memory-links.js";
import { testLink } from "./test-link.js";

testLink("a link in memory", { features, createHarness });

testLink("a link in memory that is slow, narrow and uneven", {
  features,
  // In its own time: eight megabytes take it a quarter of a minute.
  patience: 60_000,
  createHarness: () =>
    memoryLinksOnClock({
      faults: { latency: 40, jitter: 60, reorder: 0.1, duplicate: 0.1, bandwidth: 2_000_000, refuse: 0.2 },
    }),
});
