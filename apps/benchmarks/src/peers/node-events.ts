import { EventEmitter } from "node:events";
import type { Emitter } from "../emit/emitter.js";

export const version = process.versions.node;

/** Keys: an event name each, `point.moved:7`. Without the warning that many listeners of an event would give. */
export const emitter: Emitter = {
  guarded: false,
  plain(listeners) {
    const events = new EventEmitter().setMaxListeners(0);
    for (const listener of listeners) events.on("point.moved", listener);
    return (point) => events.emit("point.moved", point);
  },
  visited(listeners) {
    const events = new EventEmitter();
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
    const events = new EventEmitter();
    for (const [key, listener] of listeners.entries()) events.on(`point.moved:${key}`, listener);
    return (point) => events.emit(`point.moved:${point.id}`, point);
  },
};
