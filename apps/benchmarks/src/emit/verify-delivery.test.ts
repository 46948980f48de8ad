import { describe, expect, it } from "vitest";
import { emit } from "../suites/emit.js";
import type { Emitter, Listener } from "./emitter.js";
import { createPoints, type Point } from "./points.js";
import { verifyDelivery } from "./verify-delivery.js";

const points = createPoints(4);

/** Calls every listener in a loop; `through` may do to the calls what a faulty emitter would. */
function loop(through: (point: Point, call: (point: Point) => void) => void, guarded = false): Emitter {
  return {
    guarded,
    plain: (listeners) => (point) =>
      through(point, (delivered) => {
        for (const listener of listeners) listener(delivered, { name: "point.moved" });
      }),
    visited(listeners) {
      const present = [...listeners];
      return {
        emit: (point) => {
          for (const listener of present) listener(point);
        },
        join: (listener) => {
          present.push(listener);
          return () => present.splice(present.indexOf(listener), 1);
        },
      };
    },
    keyed: (listeners: readonly Listener[]) => (point) => listeners[point.id]!(point),
  };
}

describe.each(["eventwire", ...Object.keys(emit.peers)])("%s", (name) => {
  it("delivers every point once, equal and in order, with the guarantees that it claims", async () => {
    const { emitter } = await (emit.peers[name] ?? emit.ours)();
    verifyDelivery(emitter, points);
  });

  it("still does when it is made to do its work twice", async () => {
    const { emitter } = emit.handicap(await (emit.peers[name] ?? emit.ours)());
    verifyDelivery(emitter, points);
  });
});

it("accepts a loop that claims nothing more", () => {
  verifyDelivery(
    loop((point, call) => call(point)),
    points,
  );
});

it("refuses an emitter that loses a point", () => {
  const losing = loop((point, call) => {
    if (point.x !== points[3]!.x) call(point);
  });
  expect(() => verifyDelivery(losing, points)).toThrow();
});

it("refuses an emitter that changes a point", () => {
  const changing = loop((point, call) => call({ ...point, y: 0 }));
  expect(() => verifyDelivery(changing, points)).toThrow();
});

it("refuses an emitter whose listeners cannot leave", () => {
  const clinging = loop((point, call) => call(point));
  const { visited } = clinging;
  const faulty: Emitter = {
    ...clinging,
    visited: (listeners) => {
      const { emit, join } = visited(listeners);
      return {
        emit,
        join: (listener) => {
          join(listener);
          return () => undefined;
        },
      };
    },
  };
  expect(() => verifyDelivery(faulty, points)).toThrow();
});

it("refuses an emitter that claims guarantees and lets a listener's error out", () => {
  const throwing = loop((point, call) => call(point), true);
  expect(() => verifyDelivery(throwing, points)).toThrow("A listener failed.");
});

it("refuses an emitter that claims guarantees and delivers a nested emit at once", () => {
  const nesting: Emitter = {
    ...loop((point, call) => call(point), true),
    plain: (listeners, report) => (point) => {
      for (const listener of listeners) {
        try {
          listener(point, { name: "point.moved" });
        } catch (error) {
          report?.(error);
        }
      }
    },
  };
  expect(() => verifyDelivery(nesting, points)).toThrow();
});
