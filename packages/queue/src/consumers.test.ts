import fc from "fast-check";
import { expect, it } from "vitest";
import { deferred } from "../fixtures/texts.js";
import { createQueue } from "./create-queue.js";
import type { Entry } from "./entry.js";
import type { Key } from "./key.js";
import { VirtualClock } from "./virtual-clock.js";

/** What each attempt at a task does; the last one is done again and again. */
const act = fc.constantFrom("done", "throw", "reject", "later", "fail later", "hang", "retry", "release");

interface Task {
  readonly id: number;
  readonly key: Key | undefined;
  readonly acts: readonly (typeof act extends fc.Arbitrary<infer Act> ? Act : never)[];
  taken: number;
}

const attempts = 3;
const timeout = 40;
const aTask = fc.record({
  key: fc.constantFrom(undefined, undefined, "a", "b", 3),
  priority: fc.constantFrom(0, 0, 0, 1),
  delay: fc.constantFrom(0, 0, 0, 15, 60),
  acts: fc.array(act, { minLength: 0, maxLength: 3 }),
  /** How long the producer rests before it. */
  after: fc.constantFrom(0, 0, 0, 1, 30),
});
const aConsumer = fc.oneof(
  fc.record({ kind: fc.constant("work" as const), concurrency: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("loop" as const), concurrency: fc.constant(1) }),
);

it("does or buries each entry once, one of a key at a time and no more than may be, whoever consumes in whatever way", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aTask, { minLength: 1, maxLength: 60 }),
      fc.array(aConsumer, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("reject" as const, "wait" as const),
      fc.constantFrom(undefined, { limit: 2, interval: 10 }),
      fc.boolean(),
      async (tasks, consumers, overflow, rate, pauses) => {
        const clock = new VirtualClock({ patience: 0 });
        const queue = createQueue<Task>({
          ...{ runtime: clock, overflow, rate, attempts },
          capacity: overflow === "wait" ? 5 : 100,
          backoff: { initial: 10 },
        });
        const ended: number[] = [];
        // What a worker throws is an attempt that failed, and no test.
        const faults: string[] = [];
        const running = new Set<number>();
        const keys = new Set<Key>();
        const begin = (task: Task, entry: Entry<Task>) => {
          if (running.has(task.id)) faults.push(`${task.id} is worked on twice at once`);
          if (entry.key !== task.key) faults.push(`${task.id} has the key ${entry.key}`);
          running.add(task.id);
          if (task.key === undefined) return;
          if (keys.has(task.key)) faults.push(`${task.key} is worked on twice at once`);
          keys.add(task.key);
        };
        const end = ({ id, key }: Task, last: boolean) => {
          running.delete(id);
          if (key !== undefined) keys.delete(key);
          if (last) ended.push(id);
        };
        /** One attempt, which ends as the task says. */
        const attempt = (task: Task, entry: Entry<Task>): void | Promise<void> => {
          begin(task, entry);
          // What gives itself back for ever would never end.
          const what = task.acts[task.taken++] ?? (task.taken < 9 ? task.acts.at(-1) : "done") ?? "done";
          const isLast = entry.attempt >= attempts;
          const rest = deferred();
          switch (what) {
            case "done":
              return end(task, true);
            case "throw":
              end(task, isLast);
              throw new Error("thrown");
            case "reject":
              end(task, isLast);
              return Promise.reject(new Error("rejected"));
            case "later":
              clock.timer(() => {
                end(task, true);
                rest.resolve();
              }, 7);
              return rest.promise;
            case "fail later":
              clock.timer(() => {
                end(task, isLast);
                rest.reject(new Error("failed later"));
              }, 7);
              return rest.promise;
            case "hang":
              entry.signal.addEventListener("abort", () => undefined);
              clock.timer(() => {
                end(task, isLast);
                if (entry.fail("hung")) rest.resolve();
              }, timeout - 1);
              return rest.promise;
            case "retry":
              end(task, false);
              entry.retry(5);
              return undefined;
            case "release":
              end(task, false);
              entry.release();
          }
        };
        const loop = async () => {
          for await (const entry of queue.entries()) {
            try {
              await attempt(entry.data, entry);
            } catch (error) {
              entry.fail(error);
            }
          }
        };
        for (const { kind, concurrency } of consumers) {
          let atOnce = 0;
          if (kind === "loop") void loop();
          else
            queue.work(
              async (task, entry) => {
                atOnce += 1;
                if (atOnce > concurrency) faults.push(`${atOnce} at once`);
                try {
                  await attempt(task, entry);
                } finally {
                  atOnce -= 1;
                }
              },
              { concurrency, timeout },
            );
        }
        const offers: unknown[] = [];
        const stop = clock.start();
        for (const [id, { key, priority, delay, acts, after }] of tasks.entries()) {
          offers.push(queue.offer({ id, key, acts, taken: 0 }, { key, priority, delay }));
          if (pauses && id % 7 === 3) queue.pause();
          if (after > 0) await new Promise<void>((resolve) => clock.timer(resolve, after));
          if (pauses && id % 7 === 5) queue.resume();
        }
        queue.resume();
        await Promise.all(offers);
        await queue.drain();
        stop();
        expect(faults).toEqual([]);
        expect(ended.toSorted((a, b) => a - b)).toEqual(tasks.map((_, id) => id));
        expect(queue.stats()).toMatchObject({ depth: 0, inFlight: 0, offered: tasks.length, dropped: 0 });
        expect(queue.stats().done + queue.dead().length).toBe(tasks.length);
        expect([clock.uncaughtErrors, clock.loggedErrors]).toEqual([[], []]);
        await queue.close();
        await clock.settle();
        expect(clock.timers).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
