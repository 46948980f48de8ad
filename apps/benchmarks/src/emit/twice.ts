import { createCountingListeners } from "./counting-listeners.js";
import type { Emit, Emitter, Listener } from "./emitter.js";
import { createPoints } from "./points.js";

/** An emitter that delivers everything a second time, to as many listeners of a second instance. */
export function twice(emitter: Emitter): Emitter {
  const shadows = (listeners: readonly Listener[]) =>
    createCountingListeners(listeners.length, createPoints(1), "every point").listeners;
  const both = (first: Emit, second: Emit): Emit => {
    return (point) => {
      first(point);
      second(point);
    };
  };
  return {
    guarded: emitter.guarded,
    plain: (listeners, report) => both(emitter.plain(listeners, report), emitter.plain(shadows(listeners))),
    keyed: (listeners) => both(emitter.keyed(listeners), emitter.keyed(shadows(listeners))),
  };
}
