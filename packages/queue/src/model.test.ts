import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReferenceEntry, type ReferenceOffer, ReferenceQueue } from "../fixtures/reference-queue.js";
import { createQueue } from "./create-queue.js";
import type { Entry } from "./entry.js";
import { EventwireError } from "./errors/eventwire-error.js";
import type { Overflow } from "./overflow.js";
import type { Queue } from "./queue.js";
import { VirtualClock } from "./virtual-clock.js";

/** The queue under test, and what it was seen to do. */
interface Real {
  readonly queue: Queue<number>;
  readonly clock: VirtualClock;
  readonly entries: Entry<number>[];
  readonly dropped: string[];
  /** What became of the offers that had to wait, by their data. */
  readonly waited: string[];
  readonly aborts: Map<number, AbortController>;
}

/** The reference, with what corresponds to the real entries and promises. */
interface Model {
  readonly reference: ReferenceQueue;
  readonly entries: ReferenceEntry[];
  readonly waited: string[];
}

type Command = fc.AsyncCommand<Model, Real>;

function command(
  name: string,
  run: (model: Model, real: Real) => void | Promise<void>,
  check: (model: Model) => boolean = () => true,
): Command {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      // One turn of microtasks settles the promises of offers.
      if (model.waited.length > real.waited.length) await Promise.resolve();
      const { dropped } = model.reference;
      if (real.waited.length !== model.waited.length || real.waited.at(-1) !== model.waited.at(-1)) {
        expect(real.waited).toEqual(model.waited);
      }
      if (real.dropped.length !== dropped.length || real.dropped.at(-1) !== dropped.at(-1)) {
        expect(real.dropped).toEqual(dropped);
      }
      expect(real.queue.size).toBe(model.reference.waiting.length);
    },
  };
}

/** The producers that the reference let in since there were those. */
function admitted(before: readonly ReferenceOffer[], after: readonly ReferenceOffer[]): string[] {
  return before.filter((offer) => !after.includes(offer)).map(({ data }) => `${data} in`);
}

let data = 0;

function offer(options: Omit<ReferenceOffer, "data">): Command {
  const text = `offer(${JSON.stringify(options)})`;
  return command(text, (model, real) => {
    data += 1;
    const own = data;
    const controller = new AbortController();
    let outcome: unknown;
    try {
      outcome = real.queue.offer(own, { ...options, signal: controller.signal });
    } catch (error) {
      outcome = EventwireError.is(error) ? error.code : error;
    }
    if (outcome instanceof Promise) {
      real.aborts.set(own, controller);
      outcome.then(
        () => real.waited.push(`${own} in`),
        (error) => real.waited.push(`${own} ${error.code}`),
      );
      outcome = "waits";
    }
    expect(outcome).toBe(model.reference.offer({ data: own, ...options }));
  });
}

const take = command("take", ({ reference, entries, waited }, real) => {
  const producers = [...reference.producers];
  const expected = reference.take();
  const entry = real.queue.take();
  expect(entry && { id: entry.id, data: entry.data, attempt: entry.attempt, key: entry.key }).toEqual(
    expected && { id: expected.id, data: expected.data, attempt: expected.attempt, key: expected.key },
  );
  if (entry && expected) {
    real.entries.push(entry);
    entries.push(expected);
  }
  waited.push(...admitted(producers, reference.producers));
});

type Way = readonly [
  name: string,
  real: (entry: Entry<number>) => boolean,
  model: (reference: ReferenceQueue, entry: ReferenceEntry) => boolean,
];

const done: Way = ["done", (entry) => entry.done(), (reference, entry) => reference.done(entry)];
const fail: Way = ["fail", (entry) => entry.fail("broken"), (reference, entry) => reference.fail(entry)];
const release: Way = ["release", (entry) => entry.release(), (reference, entry) => reference.release(entry)];
const retry = (delay: number): Way => [
  `retry in ${delay}`,
  (entry) => entry.retry(delay),
  (reference, entry) => reference.retry(entry, delay),
];

/** @param late whether to settle one that was settled before, too, which must have no effect. */
function settle([name, ofReal, ofModel]: Way, which: number, late: boolean): Command {
  const choices = ({ reference, entries }: Model) => (late ? entries : reference.inFlight);
  return command(
    `${name} of ${which}${late ? ", settled or not" : ""}`,
    (model, real) => {
      const entry = choices(model)[which % choices(model).length]!;
      const realEntry = real.entries[model.entries.indexOf(entry)]!;
      expect(ofReal(realEntry)).toBe(ofModel(model.reference, entry));
    },
    (model) => choices(model).length > 0,
  );
}

const advance = (milliseconds: number) =>
  command(`advance by ${milliseconds}`, async ({ reference }, { clock }) => {
    reference.time += milliseconds;
    await clock.advance(milliseconds);
  });

const pause = command("pause", ({ reference }, { queue }) => {
  reference.paused = true;
  queue.pause();
});

const resume = command("resume", ({ reference }, { queue }) => {
  reference.paused = false;
  queue.resume();
});

function redrive(ids: readonly number[] | "all"): Command {
  return command(
    `redrive ${ids}`,
    ({ reference }, { queue }) => {
      expect(queue.dead().map(({ id }) => id)).toEqual(reference.dead.map(({ id }) => id));
      expect(queue.redrive(ids)).toBe(reference.redrive(ids));
    },
    ({ reference }) => !reference.closing && reference.dead.length > 0,
  );
}

function abort(which: number): Command {
  return command(
    `abort of waiting offer ${which}`,
    ({ reference, waited }, { aborts }) => {
      const [producer] = reference.producers.splice(which % reference.producers.length, 1);
      waited.push(`${producer!.data} Aborted`);
      aborts.get(producer!.data)?.abort();
    },
    ({ reference }) => reference.producers.length > 0,
  );
}

const stats = command("stats", ({ reference }, { queue }) => {
  const oldest = reference.oldest();
  expect(queue.stats()).toMatchObject({
    ...reference.counts,
    depth: reference.waiting.length,
    delayed: reference.waiting.filter(({ dueAt }) => dueAt > reference.time).length,
    inFlight: reference.inFlight.length,
    dead: reference.dead.length,
    dropped: reference.dropped.length,
    producers: reference.producers.length,
    oldestAge: oldest ? reference.time - oldest.offeredAt : 0,
  });
});

function close(drain: number): Command {
  return command(
    `close within ${drain}`,
    async ({ reference, waited }, { queue, clock }) => {
      waited.push(...reference.producers.map((producer) => `${producer.data} Closed`));
      reference.close();
      const empty = reference.waiting.length === 0 && reference.inFlight.length === 0;
      const closed = queue.close({ drain });
      if (!empty) {
        reference.time += drain;
        await clock.advance(drain);
      }
      reference.end();
      await closed;
    },
    ({ reference }) => !reference.closing,
  );
}

const anOffer = fc
  .record({
    key: fc.constantFrom(undefined, undefined, "a", "a", "b", 1),
    priority: fc.constantFrom(0, 0, 0, 0, 1, -1, 2.5),
    delay: fc.constantFrom(0, 0, 0, 0, 5, 10, 50),
  })
  .map(offer);
const aPlainOffer = fc.constant({ key: undefined, priority: 0, delay: 0 }).map(offer);
const aSettlement = fc
  .tuple(fc.constantFrom(done, fail, release, retry(0), retry(7), retry(20)), fc.nat(20), fc.constant(false))
  .map((parameters) => settle(...parameters));
const aLateSettlement = fc
  .tuple(fc.constantFrom(done, fail, release, retry(0)), fc.nat(1_000), fc.constant(true))
  .map((parameters) => settle(...parameters));
// The last ones come once in a while: little happens while it is paused, less when it is closed.
const anything = fc.oneof(
  { weight: 300, arbitrary: anOffer },
  { weight: 100, arbitrary: aPlainOffer },
  { weight: 350, arbitrary: fc.constant(take) },
  { weight: 250, arbitrary: aSettlement },
  { weight: 50, arbitrary: aLateSettlement },
  { weight: 100, arbitrary: fc.constantFrom(1, 5, 10, 60).map(advance) },
  {
    weight: 40,
    arbitrary: fc.oneof(fc.constant("all" as const), fc.subarray([1, 2, 3, 4, 5, 6])).map(redrive),
  },
  { weight: 40, arbitrary: fc.nat(5).map(abort) },
  { weight: 30, arbitrary: fc.constant(stats) },
  { weight: 60, arbitrary: fc.constant(resume) },
  { weight: 20, arbitrary: fc.constant(pause) },
  { weight: 5, arbitrary: fc.constantFrom(0, 20).map(close) },
);

const policies: readonly Overflow[] = ["wait", "reject", "drop-oldest", "drop-newest", "conflate"];

describe("a queue", () => {
  it.each(policies)("does what the reference does, whatever comes, with %s", async (overflow) => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands([anything], { size: "large" }),
        fc.integer({ min: 1, max: 12 }),
        async (sequence, capacity) => {
          const settings = { overflow, capacity, attempts: 2, deadLetters: 2 };
          const setup = () => {
            const clock = new VirtualClock();
            const dropped: string[] = [];
            const queue: Queue<number> = createQueue<number>({
              ...settings,
              runtime: clock,
              backoff: { initial: 10, jitter: false },
              onDrop: (entry) => dropped.push(`${entry.id} ${entry.data} ${entry.reason}`),
            });
            const reference = new ReferenceQueue({ ...settings, wait: (attempt) => 10 * 2 ** (attempt - 1) });
            return {
              model: { reference, entries: [], waited: [] },
              real: { queue, clock, entries: [], dropped, waited: [], aborts: new Map() },
            };
          };
          await fc.asyncModelRun(setup, sequence);
        },
      ),
      { numRuns: 100 },
    );
  });
});
