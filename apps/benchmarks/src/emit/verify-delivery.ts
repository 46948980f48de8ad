import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Emitter, Listener } from "./emitter.js";
import type { Point } from "./points.js";

/** Throws unless each point arrives once, equal and in order at every listener, and the claimed guarantees hold. */
export function verifyDelivery(emitter: Emitter, points: readonly Point[]): void {
  const sent = points.map((point, index) => ({ ...point, id: index % 4 }));
  const everything: [Point[], Point[], Point[]] = [[], [], []];
  const emit = emitter.plain(everything.map((list) => (point) => void list.push(point)));
  for (const point of sent) emit(point);
  for (const list of everything) assertSame(list, sent);

  const byKey: Point[][] = [[], [], [], []];
  const emitKeyed = emitter.keyed(byKey.map((list) => (point) => void list.push(point)));
  for (const point of sent) emitKeyed(point);
  for (const [key, list] of byKey.entries()) {
    assertSame(
      list,
      sent.filter(({ id }) => id === key),
    );
  }
  verifyVisits(emitter, sent);
  if (emitter.guarded) verifyGuarantees(emitter);
}

/** Who joins hears what is emitted until it leaves, beside those who were there before. */
function verifyVisits(emitter: Emitter, points: readonly Point[]): void {
  const host: Point[] = [];
  const guest: Point[] = [];
  const { emit, join } = emitter.visited([(point) => void host.push(point)]);
  for (const [index, point] of points.entries()) {
    const leave = index % 2 === 0 ? join((point) => void guest.push(point)) : undefined;
    emit(point);
    leave?.();
  }
  assertSame(host, points);
  assertSame(
    guest,
    points.filter((_, index) => index % 2 === 0),
  );
}

/** Without the difference in words, which of long lists takes some versions of Node all memory there is. */
function assertSame(points: readonly Point[], due: readonly Point[]): void {
  assert.ok(
    isDeepStrictEqual(points, due),
    `${points.length} points came that are not the ${due.length} due.`,
  );
}

/** A listener that fails and one that emits: the others still receive everything, in the order of the emits. */
function verifyGuarantees(emitter: Emitter): void {
  const failure = new Error("A listener failed.");
  const reported: unknown[] = [];
  const seen: string[] = [];
  const listeners: Listener[] = [
    () => {
      throw failure;
    },
    (point) => {
      if (point.id > 0) emit({ ...point, id: point.id - 1 });
    },
    (point, context) => void seen.push(`${context?.name} ${point.id} first`),
    (point) => void seen.push(`${point.id} second`),
  ];
  const emit = emitter.plain(listeners, (error) => reported.push(error));
  emit({ id: 1, x: 0, y: 0 });
  assert.deepEqual(seen, ["point.moved 1 first", "1 second", "point.moved 0 first", "0 second"]);
  assert.equal(reported.length, 2, "each failure of a listener is reported");
}
