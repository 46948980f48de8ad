import { bytesPerEmit } from "../emit/bytes-per-emit.js";
import { bytesPerListener } from "../emit/bytes-per-listener.js";
import { createCountingListeners } from "../emit/counting-listeners.js";
import type { EmitImplementation } from "../emit/emitter.js";
import { nanosecondsPerEmit } from "../emit/nanoseconds-per-emit.js";
import { createPoints, type Point } from "../emit/points.js";
import { twice } from "../emit/twice.js";
import { verifyDelivery } from "../emit/verify-delivery.js";
import type { Claim } from "../harness/claim.js";
import type { Row, Suite } from "../harness/suite.js";

type EmitRow = Row<EmitImplementation>;

/** The time of an emit that every listener receives. */
function listenersRow(count: number): EmitRow {
  return {
    name: count === 1 ? "1 listener" : `${count} listeners`,
    unit: "ns",
    better: "lower",
    full: count > 50,
    async measure({ emitter }) {
      const points = createPoints(1);
      const { listeners, check } = createCountingListeners(count, points, "every point");
      const figure = nanosecondsPerEmit(emitter.plain(listeners), points, check);
      verifyDelivery(emitter, points);
      return figure;
    },
  };
}

/** The time of an emit that one listener receives, the one of its key. */
function keysRow(count: number): EmitRow {
  return {
    name: `${count} keys`,
    unit: "ns",
    better: "lower",
    async measure({ emitter }) {
      const points = createPoints(count);
      const { listeners, check } = createCountingListeners(count, points, "the points of its index");
      const figure = nanosecondsPerEmit(emitter.keyed(listeners), points, check);
      verifyDelivery(emitter, points);
      return figure;
    },
  };
}

/** The time of an emit that two listeners receive, of which one has come just before and leaves after it. */
const visitsRow: EmitRow = {
  name: "1 listener, and 1 that comes and goes",
  unit: "ns",
  better: "lower",
  async measure({ emitter }) {
    const points = createPoints(1);
    const { listeners, check } = createCountingListeners(2, points, "every point");
    const { emit, join } = emitter.visited(listeners.slice(0, 1));
    const guest = listeners[1]!;
    const visit = (point: Point) => {
      const leave = join(guest);
      emit(point);
      leave();
    };
    return nanosecondsPerEmit(visit, points, check);
  },
};

/** The time of an emit that one listener receives, on a bus that is observed, or was. */
function inspectedRow(still: boolean): EmitRow {
  return {
    name: still ? "1 listener, inspected" : "1 listener, inspected no more",
    unit: "ns",
    better: "lower",
    peers: [],
    async measure({ emitter }) {
      if (!emitter.inspected) throw new Error("It cannot be inspected.");
      const points = createPoints(1);
      const { listeners, check } = createCountingListeners(1, points, "every point");
      return nanosecondsPerEmit(emitter.inspected(listeners, still), points, check);
    },
  };
}

const memoryOfAnEmitRow: EmitRow = {
  name: "memory an emit",
  unit: "B",
  better: "lower",
  async measure({ emitter }) {
    const points = createPoints(1);
    const { listeners, check } = createCountingListeners(1, points, "every point");
    return bytesPerEmit(emitter.plain(listeners), points, check);
  },
};

const memoryRow: EmitRow = {
  name: "memory of a keyed listener",
  unit: "B",
  better: "lower",
  async measure({ emitter }) {
    const { listeners } = createCountingListeners(100_000, createPoints(100_000), "the points of its index");
    return bytesPerListener(emitter, listeners);
  },
};

const rows: readonly EmitRow[] = [
  ...[1, 5, 50, 500, 5_000].map(listenersRow),
  ...[10, 100_000].map(keysRow),
  visitsRow,
  inspectedRow(false),
  inspectedRow(true),
  memoryOfAnEmitRow,
  memoryRow,
];

const notSlowerRows = ["1 listener", "5 listeners", "50 listeners", "100000 keys"];

/**
 * How much slower 100,000 keys may be than ten and still be called flat. The steps of an emit are the same; what grows is
 * the memory that a thousand keys in turn reach into. A bare `Map` from key to listener, called with no emitter at all,
 * slows threefold for that reason; an emitter reaches for a few objects more.
 */
const flat = 5;

/** How far apart two figures of the same may be. */
const noise = 1.5;

const claims: readonly Claim[] = [
  ...notSlowerRows.map(
    (row): Claim => ({
      kind: "promise",
      row,
      says: "no slower than eventemitter3",
      bound: (figures) => figures.peer(row, "eventemitter3"),
    }),
  ),
  {
    kind: "promise",
    row: "100000 keys",
    says: `flat: at most ${flat} times the time of 10 keys`,
    bound: (figures) => times(figures.ours("10 keys"), flat),
  },
  {
    kind: "promise",
    row: "1 listener, inspected no more",
    says: `costs nothing: at most ${noise} times the time of 1 listener`,
    bound: (figures) => times(figures.ours("1 listener"), noise),
  },
  { kind: "aim", row: "1 listener", says: "under 20 ns", bound: () => 20 },
  {
    kind: "aim",
    row: "5 listeners",
    says: "0.8x the speed of the fastest",
    bound: (figures) => times(figures.best("5 listeners"), 1 / 0.8),
  },
  { kind: "aim", row: "50 listeners", says: "the fastest", bound: (figures) => figures.best("50 listeners") },
];

function times(figure: number | undefined, factor: number): number | undefined {
  return figure === undefined ? undefined : figure * factor;
}

/** What one emit costs in a process, through the public API, with all guarantees on. */
export const emit: Suite<EmitImplementation> = {
  name: "emit",
  ours: () => import("../ours/emit.js"),
  peers: {
    nanoevents: () => import("../peers/nanoevents.js"),
    tseep: () => import("../peers/tseep.js"),
    mitt: () => import("../peers/mitt.js"),
    eventemitter3: () => import("../peers/eventemitter3.js"),
    "node:events": () => import("../peers/node-events.js"),
    rxjs: () => import("../peers/rxjs.js"),
    "nanoevents-guarded": () => import("../peers/nanoevents-guarded.js"),
  },
  rows,
  claims,
  handicap: ({ version, emitter }) => ({ version, emitter: twice(emitter) }),
};
