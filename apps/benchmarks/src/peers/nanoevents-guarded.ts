import { createNanoEvents } from "nanoevents";
import type { Emit, Emitter } from "../emit/emitter.js";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";

export const version = packageVersion("nanoevents");

interface PointContext {
  readonly name: string;
  readonly id: number;
  readonly time: number;
}

type Guarded = (point: Point, context: PointContext) => void;

/**
 * nanoevents, wrapped to give the guarantees that ours has: a failing listener stops no other, emits made by listeners
 * wait until the current one has reached all, and each emit has a context. Listeners may come and go during an emit
 * as it is. Keys: an event name each, `point.moved:7`.
 */
function createGuardedEvents(report: (error: unknown) => void) {
  const events = createNanoEvents<Record<string, Guarded>>();
  const waiting: (() => void)[] = [];
  let running = false;
  let lastId = 0;
  let turnTime = 0;
  const forgetTime = () => {
    turnTime = 0;
  };
  // A clock reading for each emit of a burst would cost more than the emit.
  const now = () => {
    if (turnTime === 0) {
      turnTime = Date.now();
      queueMicrotask(forgetTime);
    }
    return turnTime;
  };

  const drain = () => {
    for (let index = 0; index < waiting.length; index++) waiting[index]!();
    waiting.length = 0;
  };

  return {
    on(name: string, listener: Guarded) {
      return events.on(name, (point, context) => {
        try {
          listener(point, context);
        } catch (error) {
          report(error);
        }
      });
    },
    emit(name: string, point: Point): void {
      const context = { name, id: ++lastId, time: now() };
      if (running) {
        waiting.push(() => events.emit(name, point, context));
        return;
      }
      running = true;
      events.emit(name, point, context);
      if (waiting.length > 0) drain();
      running = false;
    },
  };
}

const rethrowLater = (error: unknown) =>
  queueMicrotask(() => {
    throw error;
  });

export const emitter: Emitter = {
  guarded: true,
  plain(listeners, report = rethrowLater): Emit {
    const events = createGuardedEvents(report);
    for (const listener of listeners) events.on("point.moved", listener);
    return (point) => events.emit("point.moved", point);
  },
  visited(listeners) {
    const events = createGuardedEvents(rethrowLater);
    for (const listener of listeners) events.on("point.moved", listener);
    return {
      emit: (point) => events.emit("point.moved", point),
      join: (listener) => events.on("point.moved", listener),
    };
  },
  keyed(listeners): Emit {
    const events = createGuardedEvents(rethrowLater);
    for (const [key, listener] of listeners.entries()) events.on(`point.moved:${key}`, listener);
    return (point) => events.emit(`point.moved:${point.id}`, point);
  },
};
