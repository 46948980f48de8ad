import { expect, it } from "vitest";
import * as ours from "../ours/demand.js";
import type { DemandImplementation } from "./crowd.js";
import { microsecondsPerEmit } from "./microseconds-per-emit.js";

/** Loses nothing but the events with this key. */
function losing(lost: number | undefined): DemandImplementation {
  return {
    version: "0.0.0",
    async gather(peers, keysOfEach) {
      const arrived = new Array<number>(peers).fill(0);
      return {
        arrived: () => arrived,
        async emit({ id }) {
          if (id !== lost) arrived[Math.floor(id / keysOfEach)]! += 1;
        },
      };
    },
  };
}

it("measures ours", async () => {
  expect(await microsecondsPerEmit(ours, 100)).toBeGreaterThan(0);
});

it("fails when a peer gets one too few", async () => {
  expect(await microsecondsPerEmit(losing(undefined), 100)).toBeGreaterThan(0);
  await expect(microsecondsPerEmit(losing(47), 100)).rejects.toThrow("Peer 2 got");
});
