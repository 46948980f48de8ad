import mittModule from "mitt";
import type { Emitter } from "../emit/emitter.js";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";

/** Its types describe the CommonJS build, where the function is under `default`; the ES module exports the function itself. */
const mitt = mittModule as unknown as typeof mittModule.default;

export const version = packageVersion("mitt");

/** Keys: an event name each, `point.moved:7`, for it has no narrower way to listen. */
export const emitter: Emitter = {
  guarded: false,
  plain(listeners) {
    const events = mitt<Record<string, Point>>();
    for (const listener of listeners) events.on("point.moved", listener);
    return (point) => events.emit("point.moved", point);
  },
  visited(listeners) {
    const events = mitt<Record<string, Point>>();
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
    const events = mitt<Record<string, Point>>();
    for (const [key, listener] of listeners.entries()) events.on(`point.moved:${key}`, listener);
    return (point) => events.emit(`point.moved:${point.id}`, point);
  },
};
