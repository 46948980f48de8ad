import { expect, it } from "vitest";
import { testHandicap } from "../../fixtures/even-suite.js";
import { emit } from "../suites/emit.js";
import type { Emitter, Listener } from "./emitter.js";
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

testHandicap(emit, "5 listeners", () => import("../peers/eventemitter3.js"));
