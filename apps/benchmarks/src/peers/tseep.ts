import { EventEmitter } from "tseep";
import type { Emitter, Listener } from "../emit/emitter.js";
import { packageVersion } from "../harness/package-version.js";

export const version = packageVersion("tseep");

/** The default build, which compiles its listeners into one function. Keys: an event name each, `point.moved:7`. */
export const emitter: Emitter = {
  guarded: false,
  plain(listeners) {
    const events = new EventEmitter<Record<string, Listener>>();
    for (const listener of listeners) events.on("point.moved", listener);
    return (point) => events.emit("point.moved", point);
  },
  visited(listeners) {
    const events = new EventEmitter<Record<string, Listener>>();
    for (const listener of listeners) events.on("point.moved", listener);
    return {
      emit: (point) => events.emit("point.moved", point),
      join: (listener) => {
        events.on("point.moved", listener);
        return () => events.off("point.moved", listener);
      },
    };
  },
  keyed(listeners) {
    const events = new EventEmitter<Record<string, Listener>>();
    for (const [key, listener] of listeners.entries()) events.on(`point.moved:${key}`, listener);
    return (point) => events.emit(`point.moved:${point.id}`, point);
  },
};
