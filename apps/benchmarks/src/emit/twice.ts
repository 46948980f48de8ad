import { createCountingListeners } from "./counting-listeners.js";
import type { Emit, Emitter, Listener, Visited } from "./emitter.js";
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
  const visitedTwice = (first: Visited, second: Visited, guest: Listener): Visited => ({
    emit: both(first.emit, second.emit),
    join: (listener) => {
      const leaves = [first.join(listener), second.join(guest)];
      return () => leaves.map((leave) => leave());
    },
  });
  return {
    guarded: emitter.guarded,
    plain: (listeners, report) => both(emitter.plain(listeners, report), emitter.plain(shadows(listeners))),
    visited: (listeners) =>
      visitedTwice(emitter.visited(listeners), emitter.visited(shadows(listeners)), shadows(listeners)[0]!),
    keyed: (listeners) => both(emitter.keyed(listeners), emitter.keyed(shadows(listeners))),
    ...(emitter.inspected && {
      inspected: (listeners, still) =>
        both(emitter.inspected!(listeners, still), emitter.inspected!(shadows(listeners), still)),
    }),
  };
}
