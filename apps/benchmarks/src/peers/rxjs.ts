import { Subject } from "rxjs";
import type { Emitter } from "../emit/emitter.js";
import type { Point } from "../emit/points.js";
import { packageVersion } from "../harness/package-version.js";

export const version = packageVersion("rxjs");

/** Keys: a Map of Subjects, for a `filter` in each subscriber would make an emit cost as much as all keys together. */
export const emitter: Emitter = {
  guarded: false,
  plain(listeners) {
    const subject = new Subject<Point>();
    for (const listener of listeners) subject.subscribe(listener);
    return (point) => subject.next(point);
  },
  visited(listeners) {
    const subject = new Subject<Point>();
    for (const listener of listeners) subject.subscribe(listener);
    return {
      emit: (point) => subject.next(point),
      join: (listener) => {
        const subscription = subject.subscribe(listener);
        return () => subscription.unsubscribe();
      },
    };
  },
  keyed(listeners) {
    const subjects = new Map<number, Subject<Point>>();
    for (const [key, listener] of listeners.entries()) {
      const subject = new Subject<Point>();
      subject.subscribe(listener);
      subjects.set(key, subject);
    }
    return (point) => subjects.get(point.id)?.next(point);
  },
};
