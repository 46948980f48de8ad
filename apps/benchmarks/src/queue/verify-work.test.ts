import { describe, expect, it } from "vitest";
import { createPoints, type Point } from "../emit/points.js";
import { queue } from "../suites/queue.js";
import { verifyWork } from "./verify-work.js";
import { atOnce, type WorkQueue, type WorkQueues } from "./work-queue.js";

const points = createPoints(100);

/** Keeps what waits in an array, and drains it as a faulty queue would. */
function waiting(drain: (waiting: Point[]) => Promise<void> | void): WorkQueue {
  const list: Point[] = [];
  return {
    offer: (point) => void list.push(point),
    drain: async () => drain(list.splice(0)),
  };
}

const serially = (faulty: (list: Point[]) => Point[]): WorkQueues["serial"] => {
  return (work) =>
    waiting((list) => {
      for (const point of faulty(list)) work(point);
    });
};

/** Simple and right: one after another; and of keys, one lane each, as many at once as there may be. */
const simple: WorkQueues = {
  guarded: false,
  serial: serially((list) => list),
  keyed: (work) =>
    waiting(async (list) => {
      const keys = [...new Set(list.map(({ id }) => id))].values();
      const lane = async () => {
        for (const key of keys) for (const point of list.filter(({ id }) => id === key)) await work(point);
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
    }),
};

describe.each(["eventwire", ...Object.keys(queue.peers)])("%s", (name) => {
  it("does all work once, in order, with the guarantees that it claims", async () => {
    const { queues } = await (queue.peers[name] ?? queue.ours)();
    await verifyWork(queues, points);
  });

  it("still does when it is made to do its work twice", async () => {
    const { queues } = queue.handicap(await (queue.peers[name] ?? queue.ours)());
    await verifyWork(queues, points);
  });
});

it("accepts a simple queue that claims nothing more", async () => {
  await verifyWork(simple, points);
});

const broken: Record<string, Partial<WorkQueues>> = {
  "loses an entry": { serial: serially((list) => list.slice(1)) },
  "repeats an entry": { serial: serially((list) => [list[0]!, ...list]) },
  "changes an entry": { serial: serially((list) => list.map((point) => ({ ...point, y: 0 }))) },
  "changes the order": { serial: serially((list) => list.reverse()) },
  "changes the order of a long backlog": { long: serially((list) => list.reverse()) },
  "does not wait to be drained": { serial: (work) => ({ offer: work, drain: async () => undefined }) },
  "works on one key twice at once": {
    keyed: (work) => waiting(async (list) => void (await Promise.all(list.map(work)))),
  },
  "works on fewer entries at once than it may": {
    keyed: (work) =>
      waiting(async (list) => {
        for (const point of list) await work(point);
      }),
  },
  "changes the order of a key": {
    keyed: (work, limits) => {
      const { offer, drain } = simple.keyed(work, limits);
      const list: Point[] = [];
      return {
        offer: (point) => void list.push(point),
        drain() {
          for (const point of list.splice(0).reverse()) offer(point);
          return drain();
        },
      };
    },
  },
  "claims to be guarded, and takes any number": { guarded: true },
};

it.each(Object.entries(broken))("refuses a queue that %s", async (_, fault) => {
  await expect(verifyWork({ ...simple, ...fault }, points)).rejects.toThrow();
});

const load = async () => (await queue.peers["fastq-guarded"]!()).queues;

it("refuses a queue that claims to be guarded, and gives up at the first failure", async () => {
  const { serial, keyed } = await load();
  const once: WorkQueues = {
    guarded: true,
    serial: (work, limits) => serial(work, { ...limits, attempts: 1 }),
    keyed,
  };
  await expect(verifyWork(once, points)).rejects.toThrow("reported as dead");
});

it("refuses a queue that claims to be guarded, and keeps the event loop to itself", async () => {
  const { serial, keyed } = await load();
  const greedy: WorkQueues = {
    guarded: true,
    keyed,
    serial(work, limits) {
      const list: Point[] = [];
      const { offer, drain } = serial(work, limits);
      return {
        offer(point) {
          offer(point);
          list.push(point);
        },
        async drain() {
          // Failing work is left to the other, so that nothing but the breath is missing.
          if (list.length < 100) return drain();
          for (const point of list.splice(0)) work(point);
        },
      };
    },
  };
  await expect(verifyWork(greedy, points)).rejects.toThrow("the event loop goes on");
});

it("refuses a queue that claims to be guarded, and keeps the event loop to itself where there are keys", async () => {
  const { serial, keyed } = await load();
  const greedy: WorkQueues = {
    guarded: true,
    serial,
    keyed(work, limits) {
      const list: Point[] = [];
      const { offer, drain } = keyed(work, limits);
      return {
        offer(point) {
          offer(point);
          list.push(point);
        },
        async drain() {
          if (new Set(list.map(({ id }) => id)).size < 1_000) return drain();
          for (const point of list.splice(0)) await work(point);
        },
      };
    },
  };
  await expect(verifyWork(greedy, points)).rejects.toThrow("the event loop goes on");
});

it("refuses a queue that claims to be guarded, and lets later entries of a key overtake one that failed", async () => {
  const { serial, keyed } = await load();
  const overtaking: WorkQueues = {
    guarded: true,
    serial,
    keyed(work, limits) {
      const failed: Point[] = [];
      const queue = keyed(async (point) => {
        await work(point).catch(() => void failed.push(point));
      }, limits);
      const again = keyed(work, { ...limits, attempts: limits.attempts - 1 });
      return {
        offer: queue.offer,
        async drain() {
          await queue.drain();
          for (const point of failed.splice(0)) again.offer(point);
          await again.drain();
        },
      };
    },
  };
  await expect(verifyWork(overtaking, points)).rejects.toThrow("the same key waits");
});
