import { type LinkFeatures, testLink } from "@eventwire/testing/link";
import { broadcastLinks, portLinks, sharedWorkerLinks } from "./worker-links.js";

const features: LinkFeatures = {
  binary: true,
  loneSurrogates: true,
  backpressure: true,
  flushes: true,
  reasons: true,
  reconnects: true,
  heartbeat: {
    value: false,
    because: "where the platform tells of no end, the two buses ask each other for signs of life",
  },
  address: { value: false, because: "both ends are on one machine" },
  headers: { value: false, because: "there is no request" },
  auth: { value: false, because: "a port's opening carries nothing, so the client's hello says who it is" },
  cuttable: {
    value: false,
    because:
      "nothing breaks between two ends that are both alive; what becomes of one that is gone is tested beside",
  },
  pausable: true,
};

testLink("a link over a message port", { features, createHarness: portLinks });
testLink("a link over a port of a shared worker", { features, createHarness: sharedWorkerLinks });
testLink("a link over a broadcast channel", { features, createHarness: broadcastLinks });
