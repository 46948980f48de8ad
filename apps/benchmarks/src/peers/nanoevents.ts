import { createNanoEvents } from "nanoevents";
import type { Emitter, Listener } from "../emit/emitter.js";
import { packageVersion } from "../harness/package-version.js";

export const version = packageVersion("nanoevents");

/** Keys: an event name each, `point.moved:7`, for it has no narrower way to listen. */
export const emitter: Emitter = {
  guarded: false,
  plain(listeners) {
    const events = createNanoEvents<Record<string, Listener>>();
    for (const listener of listeners) events.on("point.moved", listener);
    return (point) => events.emit("point.moved", point);
  },
  visited(listeners) {
    const events = createNanoEvents<Record<string, Listener>>();
    for (const listener of listeners) events.on("point.moved", listener);
    return {
      emit: (point) => events.emit("point.moved", point),
      join: (listener) => events.on("point.moved", listener),
    };
  },
  keyed(listeners) {
    const events = createNanoEvents<Record<string, Listener>>();
    for (const [key, listener] of listeners.entries()) events.on(`point.moved:${key}`, listener);
    return (point) => events.emit(`point.moved:${point.id}`, point);
  },
};
