import { expect, it } from "vitest";
import { measureHere } from "../harness/measure-here.js";
import { runSuite } from "../harness/run-suite.js";
import type { Suite } from "../harness/suite.js";
import { emit } from "../suites/emit.js";
import type { EmitImplementation, Emitter, Listener } from "./emitter.js";
import { twice } from "./twice.js";

it("delivers as much again, to listeners of its own", () => {
  const registered: Listener[] = [];
  let calls = 0;
  const counting: Emitter = {
    guarded: false,
    plain: (listeners) => {
      registered.push(...listeners);
      return (point) => {
        for (const listener of listeners) listener(point);
        calls += listeners.length;
      };
    },
    visited: () => ({ emit: () => undefined, join: () => () => undefined }),
    keyed: () => () => undefined,
  };
  let received = 0;
  const listener = () => {
    received += 1;
  };
  twice(counting).plain([listener, listener, listener])({ id: 0, x: 0, y: 0 });
  expect({ received, calls, registered: registered.length }).toEqual({
    received: 3,
    calls: 6,
    registered: 6,
  });
});

const load = () => import("../peers/eventemitter3.js");

/** One emitter as ours and as its own peer: equally fast, unless one is slowed. */
const evenSuite: Suite<EmitImplementation> = {
  ...emit,
  ours: load,
  peers: { eventemitter3: load },
  rows: emit.rows.filter(({ name }) => name === "5 listeners"),
  claims: [
    {
      kind: "promise",
      row: "5 listeners",
      says: "at most 1.4 times the time of eventemitter3",
      bound: (figures) => 1.4 * figures.peer("5 listeners", "eventemitter3")!,
    },
  ],
};

it.each([
  { handicap: false, outcome: "kept" },
  { handicap: true, outcome: "broken" },
])(
  "is measured: the promise is $outcome when handicap is $handicap",
  // A machine that is busy elsewhere in the middle of a round is no fault; what is really slower is so each time.
  { timeout: 30_000, retry: 2 },
  async ({ handicap, outcome }) => {
    const { verdicts } = await runSuite(evenSuite, {
      full: false,
      handicap,
      without: [],
      rounds: 3,
      measure: (task) => measureHere(evenSuite, task),
    });
    expect(verdicts.map((verdict) => verdict.outcome)).toEqual([outcome]);
  },
);
