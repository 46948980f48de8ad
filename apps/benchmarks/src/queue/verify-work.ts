import assert from "node:assert/strict";
import type { Point } from "../emit/points.js";
import { atOnce, type Limits, slice, type WorkQueues } from "./work-queue.js";

/** Limits that no measured run reaches, and work that must not fail. */
export const unreached: Limits = {
  entries: 2 ** 21,
  attempts: 3,
  backoff: 1,
  dead: (_, error) => {
    throw error;
  },
};

/** Throws unless each entry is worked on once, equal and in order, per key where there are keys, and the claims hold. */
export async function verifyWork(queues: WorkQueues, points: readonly Point[]): Promise<void> {
  const { serial, keyed, long = serial } = queues;
  for (const create of [serial, long]) {
    const done: Point[] = [];
    const queue = create((point) => void done.push({ ...point }), unreached);
    for (const point of points) queue.offer(point);
    assert.deepEqual(done, [], "nothing is worked on before the queue is drained");
    await queue.drain();
    assert.deepEqual(done, points);
  }
  await verifyKeys(keyed, points);
  if (queues.guarded) await verifyGuarantees(queues);
}

/** Some work takes a turn of the event loop, so that what overtakes does. */
async function verifyKeys(keyed: WorkQueues["keyed"], points: readonly Point[]): Promise<void> {
  const done: Point[] = [];
  const running = new Set<number>();
  let mostAtOnce = 0;
  const queue = keyed(async (point) => {
    assert(!running.has(point.id), "entries of one key are worked on one at a time");
    running.add(point.id);
    mostAtOnce = Math.max(mostAtOnce, running.size);
    if (point.x % 4 === 0) await new Promise(setImmediate);
    running.delete(point.id);
    done.push({ ...point });
  }, unreached);
  for (const point of points) queue.offer(point);
  await queue.drain();
  assert.equal(done.length, points.length);
  for (const key of new Set(points.map(({ id }) => id))) {
    const ofKey = ({ id }: Point) => id === key;
    assert.deepEqual(done.filter(ofKey), points.filter(ofKey));
  }
  assert.equal(mostAtOnce, atOnce);
}

async function verifyGuarantees({ serial, keyed, long = serial }: WorkQueues): Promise<void> {
  for (const create of [serial, long]) {
    await verifyBound((limits) => create(() => undefined, limits));
    await verifyBreaths(create);
    await verifyRetries((fail, limits) => create(fail, limits));
  }
  await verifyBound((limits) => keyed(async () => undefined, limits));
  await verifyBreaths((work, limits) => keyed(async (point) => work(point), limits));
  await verifyRetries((fail, limits) => keyed(async (point) => fail(point), limits), "in order per key");
}

async function verifyBound(create: (limits: Limits) => ReturnType<WorkQueues["serial"]>): Promise<void> {
  const queue = create({ ...unreached, entries: 3 });
  const offer = () => queue.offer({ id: 0, x: 0, y: 0 });
  for (let lap = 0; lap < 2; lap++) {
    for (let count = 0; count < 3; count++) offer();
    assert.throws(offer, "a full queue refuses");
    await queue.drain();
  }
}

/** Work of 1 ms each, several slices in all: something else runs before the end. */
async function verifyBreaths(create: WorkQueues["serial"]): Promise<void> {
  let left = 1024;
  const queue = create(() => {
    left -= 1;
    for (const end = performance.now() + (6 * slice) / 1024; performance.now() < end; );
  }, unreached);
  for (let count = left; count > 0; count--) queue.offer({ id: count, x: 0, y: 0 });
  let leftAtTurn: number | undefined;
  setImmediate(() =>
    setImmediate(() =>
      setImmediate(() => {
        leftAtTurn = left;
      }),
    ),
  );
  await queue.drain();
  assert(leftAtTurn !== undefined && leftAtTurn > 0, "the event loop goes on while the queue drains");
}

/** One entry fails once, one always: both are tried again, later; the others of other keys do not wait. */
async function verifyRetries(
  create: (work: (point: Point) => void, limits: Limits) => ReturnType<WorkQueues["serial"]>,
  order?: "in order per key",
): Promise<void> {
  const seen: string[] = [];
  const failure = new Error("The work failed.");
  const dead: unknown[] = [];
  const tried = new Map<Point, number>();
  const queue = create(
    (point) => {
      const attempt = 1 + (tried.get(point) ?? 0);
      tried.set(point, attempt);
      seen.push(`${point.id}.${point.x}`);
      if (attempt <= point.y) throw failure;
    },
    // Long enough that even on a busy machine the others are worked on before it is over.
    { ...unreached, backoff: 50, dead: (point, error) => dead.push([point.id, error]) },
  );
  const points = [
    { id: 1, x: 0, y: 1 },
    { id: 1, x: 1, y: 0 },
    { id: 2, x: 0, y: 9 },
    { id: 3, x: 0, y: 0 },
  ];
  for (const point of points) queue.offer(point);
  await queue.drain();
  assert.deepEqual(dead, [[2, failure]], "what fails three times is reported as dead");
  assert.deepEqual(
    [...tried.values()].sort(),
    [1, 1, 2, 3],
    "what fails is tried again, three times at most",
  );
  assert(
    seen.indexOf("3.0") < seen.lastIndexOf("1.0"),
    "another key does not wait for an attempt that comes later",
  );
  if (order) assert(seen.lastIndexOf("1.0") < seen.indexOf("1.1"), "the same key waits for it");
}
