import type { DemandImplementation } from "../demand/crowd.js";
import { microsecondsPerEmit } from "../demand/microseconds-per-emit.js";
import type { Row, Suite } from "../harness/suite.js";

function row(keys: number): Row<DemandImplementation> {
  return {
    name: `emit to 1 of ${keys} keys`,
    unit: "us",
    better: "lower",
    measure: (implementation) => microsecondsPerEmit(implementation, keys),
  };
}

const [few, many] = [row(100), row(100_000)];

/** How much slower a thousand times as many keys and peers may be and still be called flat: memory is further away. */
const flat = 3;

/** What an emit costs a server whose peers each listen to a few of many keys. */
export const demand: Suite<DemandImplementation> = {
  name: "demand",
  ours: () => import("../ours/demand.js"),
  peers: {},
  rows: [few, many],
  claims: [
    {
      kind: "promise",
      row: many.name,
      says: `flat in the number of keys: at most ${flat} times the time of 100 keys`,
      bound: (figures) => {
        const figure = figures.ours(few.name);
        return figure === undefined ? undefined : figure * flat;
      },
    },
  ],
  handicap: ({ version, gather }) => ({
    version,
    async gather(peers, keysOfEach) {
      const [first, second] = [await gather(peers, keysOfEach), await gather(peers, keysOfEach)];
      return {
        arrived: first.arrived,
        async emit(point) {
          await second.emit(point);
          await first.emit(point);
        },
      };
    },
  }),
};
