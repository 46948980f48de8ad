import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Command, command, expectSame, type Model, type Real } from "../fixtures/model-command.js";
import { type ReferenceEntry, type ReferenceOffer, ReferenceQueue } from "../fixtures/reference-queue.js";
import { createQueue } from "./create-queue.js";
import type { Entry } from "./entry.js";
import { EventwireError } from "./errors/eventwire-error.js";
import type { Overflow } from "./overflow.js";
import type { Queue } from "./queue.js";
import { VirtualClock } from "./virtual-clock.js";

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
    expectSame(outcome, model.reference.offer({ data: own, ...options }));
  });
}

function seen({ id, data, attempt, key, offeredAt }: Entry<number> | ReferenceEntry) {
  // The clock of the reference begins at 0.
  return JSON.stringify([id, data, attempt, key, offeredAt % Date.UTC(2001, 0, 1)]);
}

const take = command("take", ({ reference, entries, waited }, real) => {
  const producers = [...reference.producers];
  const expected = reference.take();
  const entry = real.queue.take();
  expectSame(entry && seen(entry), expected && seen(expected));
  // Who waits to be told of it waits in vain otherwise.
  if (entry) expectSame(real.hinted, true);
  else real.hinted = false;
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
      expectSame(ofReal(realEntry), ofModel(model.reference, entry));
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

const drain = command("drain", (model, real) => {
  model.drains += 1;
  void real.queue.drain().then(() => {
    real.drained += 1;
  });
});

function close(drain: number): Command {
  return command(
    `close within ${drain}`,
    async ({ reference, waited }, { queue, clock }) => {
      waited.push(...reference.producers.map((producer) => `${producer.data} Closed`));
      reference.close();
      const { empty } = reference;
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
  { weight: 10, arbitrary: fc.constant(drain) },
  { weight: 60, arbitrary: fc.constant(resume) },
  { weight: 20, arbitrary: fc.constant(pause) },
  { weight: 5, arbitrary: fc.constantFrom(0, 20).map(close) },
);

const policies: readonly Overflow[] = ["wait", "reject", "drop-oldest", "drop-newest", "conflate"];

const settings = fc.record({
  capacity: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(100)),
  attempts: fc.integer({ min: 1, max: 3 }),
  deadLetters: fc.nat(2),
  key: fc.constantFrom(undefined, undefined, "a"),
  rate: fc.constantFrom(undefined, undefined, { limit: 1, interval: 5 }, { limit: 4, interval: 40 }),
});

describe("a queue", () => {
  it.each(policies)("does what the reference does, whatever comes, with %s", async (overflow) => {
    const commands = fc.commands([anything], { size: "large" });
    await fc.assert(
      fc.asyncProperty(commands, settings, async (sequence, { key, ...options }) => {
        const setup = () => {
          const clock = new VirtualClock();
          const dropped: string[] = [];
          const queue: Queue<number> = createQueue<number>({
            ...options,
            overflow,
            key: () => key,
            runtime: clock,
            backoff: { initial: 10, jitter: false },
            onDrop: (entry) => dropped.push(`${entry.id} ${entry.data} ${entry.reason}`),
          });
          const wait = (attempt: number) => 10 * 2 ** (attempt - 1);
          const reference = new ReferenceQueue({ ...options, overflow, key, wait });
          const model: Model = { reference, entries: [], waited: [], drains: 0, drained: 0 };
          const aborts = new Map<number, AbortController>();
          const real: Real = {
            queue,
            clock,
            entries: [],
            dropped,
            waited: [],
            aborts,
            hinted: true,
            drained: 0,
          };
          queue.watch(() => {
            real.hinted = true;
          });
          return { model, real };
        };
        await fc.asyncModelRun(setup, sequence);
      }),
      { numRuns: 100 },
    );
  });
});
