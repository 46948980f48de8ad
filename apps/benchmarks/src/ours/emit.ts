import { createBus, defineContract, event, unchecked } from "@eventwire/core";
import type { Emitter } from "../emit/emitter.js";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";

export const version = packageVersion("@eventwire/core");

const contract = defineContract({
  "point.moved": event<Point>(),
  "point.keyed": event(unchecked<Point>(), { key: (point) => point.id }),
});

/** Keys: the contract's own, which each emit takes from the point. */
export const emitter: Emitter = {
  guarded: true,
  plain(listeners, report) {
    const bus = createBus(contract, report && { onError: report });
    for (const listener of listeners) bus.on("point.moved", listener);
    return (point) => bus.emit("point.moved", point);
  },
  visited(listeners) {
    const bus = createBus(contract);
    for (const listener of listeners) bus.on("point.moved", listener);
    return {
      emit: (point) => bus.emit("point.moved", point),
      join: (listener) => bus.on("point.moved", listener),
    };
  },
  inspected(listeners, still) {
    const bus = createBus(contract);
    let told = 0;
    const stop = bus.inspect(() => {
      told += 1;
    });
    bus.emit("point.moved", { id: 0, x: 0, y: 0 });
    if (told !== 2) throw new Error(`An emit told its observer ${told} things where 2 are to be told.`);
    if (!still) stop();
    for (const listener of listeners) bus.on("point.moved", listener);
    return (point) => bus.emit("point.moved", point);
  },
  keyed(listeners) {
    const bus = createBus(contract);
    for (const [key, listener] of listeners.entries()) bus.on("point.keyed", listener, { key });
    return (point) => bus.emit("point.keyed", point);
  },
};
