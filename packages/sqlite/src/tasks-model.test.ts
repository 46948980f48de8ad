import type { Broker, Key, NewTask, TaskLimit, TaskOutcome } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { createFolder } from "@eventwire/programs";
import { VirtualClock } from "@eventwire/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sqlite } from "./sqlite.js";

/** The file knows ids for a grace as long as a window of up to a minute. */
const dedupeWindow = 30_000;
const lease = 30_000;
const limits: Readonly<Record<string, TaskLimit>> = {
  b: { concurrency: 2 },
  c: { rate: { count: 2, per: 1_000, by: "name" } },
  d: { rate: { count: 1, per: 1_000, by: "key" }, concurrency: 3 },
};
const names = ["a", "b", "c", "d"] as const;
const ids = Array.from({ length: 24 }, (_, index) => `t.${index.toString(36)}`);
const keys: readonly (Key | undefined)[] = [undefined, "k", "k", "l", 1];

type Step =
  | { readonly type: "enqueue"; readonly tasks: readonly NewTask[] }
  | { readonly type: "claim"; readonly names: readonly string[]; readonly limit: number }
  /** Of what is claimed, the one of a number. */
  | { readonly type: "settle"; readonly which: number; readonly outcome: TaskOutcome }
  | { readonly type: "cancel" | "redrive"; readonly name: string; readonly ids: readonly string[] }
  | { readonly type: "redriveAll"; readonly name: string }
  | { readonly type: "forget"; readonly name: string; readonly ago: number }
  | { readonly type: "pause"; readonly name: string; readonly paused: boolean }
  | { readonly type: "pass"; readonly milliseconds: number }
  | { readonly type: "reopen" };

const name = fc.constantFrom(...names);
const id = fc.constantFrom(...ids);
const some = fc.uniqueArray(id, { maxLength: 4 });
const task =
  (clock: VirtualClock) =>
  (one: {
    id: string;
    name: string;
    key: Key | undefined;
    delay: number;
    priority: number;
    after: readonly string[];
    keep: number;
  }): NewTask => {
    const { delay, ...rest } = one;
    const now = clock.now();
    return { ...rest, time: now, dueAt: delay > 0 ? now + delay : undefined, body: Uint8Array.of(1, 2) };
  };
const plain = fc.record({
  id,
  name,
  key: fc.constantFrom(...keys),
  delay: fc.constantFrom(0, 0, 0, 500, 40_000),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  after: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: some }),
  keep: fc.constantFrom(0, 0, 5_000, 100_000),
});
type Plain = typeof plain extends fc.Arbitrary<infer Value> ? Value : never;

const outcome: fc.Arbitrary<
  TaskOutcome | { readonly type: "retryIn" | "releaseIn"; readonly delay: number }
> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      { type: "done" as const },
      { type: "done" as const, result: Uint8Array.of(7) },
    ),
  },
  { weight: 2, arbitrary: fc.constant({ type: "dead" as const, reason: "no" }) },
  fc.constant({ type: "release" as const }),
  fc.constantFrom({ type: "retryIn" as const, delay: 0 }, { type: "retryIn" as const, delay: 700 }),
  fc.constantFrom({ type: "releaseIn" as const, delay: 0 }, { type: "releaseIn" as const, delay: 700 }),
  fc.constantFrom(
    { type: "extend" as const, lease },
    { type: "extend" as const, lease: 2 * lease, progress: Uint8Array.of(3) },
  ),
);

const step = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constant("enqueue" as const),
      tasks: fc.array(plain, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("claim" as const),
      names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 9, arbitrary: fc.record({ type: fc.constant("settle" as const), which: fc.nat(9), outcome }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("cancel" as const, "redrive" as const), name, ids: some }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("redriveAll" as const), name }) },
  fc.record({ type: fc.constant("forget" as const), name, ago: fc.constantFrom(0, 500, 50_000) }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pause" as const), name, paused: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("pass" as const),
      milliseconds: fc.constantFrom(1, 300, 700, 6_000, lease, 70_000),
    }),
  },
  fc.constant({ type: "reopen" as const }),
);

it("does whatever the tasks in memory do, through closing and opening", { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const folder = createFolder();
      const clock = new VirtualClock();
      const model = memory({ runtime: clock, dedupeWindow: 2 * dedupeWindow });
      const real = sqlite(`${folder.path}/events.db`, { runtime: clock, dedupeWindow });
      const sides = [new Side(model), new Side(real)] as const;
      try {
        await Promise.all([model.open(), real.open()]);
        for (const one of steps) {
          if (one.type === "pass") await clock.advance(one.milliseconds);
          else if (one.type === "reopen") {
            await real.close({ drain: 1_000 });
            await real.open();
          } else {
            const concrete = stepOf(one, clock);
            const [expected, found] = await Promise.all(sides.map((side) => side.run(concrete, clock)));
            expect(found, JSON.stringify(concrete)).toEqual(expected);
          }
        }
      } finally {
        await real.close({ drain: 0 });
        folder.remove();
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

type Drawn = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function stepOf(one: Drawn, clock: VirtualClock): Exclude<Step, { type: "pass" | "reopen" }> {
  if (one.type === "enqueue") return { ...one, tasks: one.tasks.map((each: Plain) => task(clock)(each)) };
  if (one.type !== "settle") return one as Exclude<Step, { type: "pass" | "reopen" | "settle" | "enqueue" }>;
  const { outcome } = one;
  if (!("delay" in outcome)) return { ...one, outcome };
  const type = outcome.type === "retryIn" ? "retry" : "release";
  return { ...one, outcome: { type, at: clock.now() + outcome.delay } };
}

/** A broker, with what was claimed of it: tokens differ. */
class Side {
  readonly #broker: Broker;
  #claimed: { readonly id: string; readonly token: number }[] = [];

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  async run(step: Exclude<Step, { type: "pass" | "reopen" }>, clock: VirtualClock): Promise<unknown> {
    const done = await this.#do(step, clock).catch(
      (error: Error & { readonly code?: string }) => error.code ?? error.message,
    );
    return { done, ...(await this.#look()) };
  }

  async #do(step: Exclude<Step, { type: "pass" | "reopen" }>, clock: VirtualClock): Promise<unknown> {
    const { tasks } = this.#broker;
    switch (step.type) {
      case "enqueue":
        return tasks.enqueue(step.tasks);
      case "claim": {
        const claimed = await tasks.claim({ ...step, owner: "w", lease, limits });
        this.#claimed.push(...claimed);
        return claimed.map(({ token, body, ...rest }) => ({ ...rest, body: [...body] }));
      }
      case "settle": {
        const one = this.#claimed[step.which % Math.max(1, this.#claimed.length)];
        if (!one) return undefined;
        if (step.outcome.type !== "extend") this.#claimed = this.#claimed.filter((other) => other !== one);
        return tasks.settle([{ id: one.id, token: one.token, outcome: step.outcome }]);
      }
      case "cancel":
        return tasks.cancel(step.name, step.ids);
      case "redrive":
        return tasks.redrive(step.name, step.ids);
      case "redriveAll":
        return tasks.redrive(step.name, "all");
      case "forget":
        return tasks.forget(step.name, clock.now() - step.ago);
      case "pause":
        return tasks.pause(step.name, step.paused);
    }
  }

  /** How all of it stands. Of a lease that is over a broker may say the one or the other until somebody claims. */
  async #look(): Promise<object> {
    const { tasks } = this.#broker;
    const counts = await Promise.all(
      names.map(async (name) => {
        const { waiting, claimed, oldest, ...rest } = await tasks.counts(name);
        return { ...rest, pending: waiting + claimed };
      }),
    );
    const dead = await Promise.all(names.map((name) => tasks.dead(name)));
    const states = await tasks.states(ids);
    return {
      counts,
      dead: dead.flat().map(({ body, reason, ...rest }) => rest),
      states: states.map(
        (one) => one && { ...one, reason: undefined, state: one.state === "claimed" ? "waiting" : one.state },
      ),
    };
  }
}
