import type { Append, Broker, Key, LogQuery } from "@eventwire/core";
import { shardOf } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { createFolder } from "@eventwire/programs";
import { VirtualClock } from "@eventwire/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sqlite } from "./sqlite.js";

/** The file knows ids for a grace as long as a window of up to a minute. */
const dedupeWindow = 30_000;
const known = 2 * dedupeWindow;
const names = ["a", "b", "c"] as const;
const keys: readonly (Key | undefined)[] = [undefined, "k", "1", 1, "l"];

type Step =
  | { readonly type: "append"; readonly events: readonly Append[] }
  | { readonly type: "read"; readonly query: LogQuery }
  | { readonly type: "trim" | "compact"; readonly before: number; readonly name: string | undefined }
  | { readonly type: "erase"; readonly key: Key; readonly name: string | undefined }
  | { readonly type: "acquire"; readonly cursor: string; readonly owner: string; readonly lease: number }
  | { readonly type: "save"; readonly cursor: string; readonly token: number; readonly lease: number }
  | { readonly type: "pass"; readonly milliseconds: number }
  | { readonly type: "at"; readonly ago: number }
  | { readonly type: "reopen" };

const offset = fc.nat(60);
const name = fc.option(fc.constantFrom(...names), { nil: undefined });
const prefix = fc.constantFrom("x.", "y.", "lone-id-");

const plain = fc
  .record({
    prefix,
    number: fc.nat(40),
    name: fc.constantFrom(...names),
    key: fc.constantFrom(...keys),
    size: fc.nat(50),
  })
  .map(({ prefix, number, name, key, size }) => eventOf(prefix + number.toString(36), name, key, size));
const numbered = fc
  .record({ epoch: fc.integer({ min: 1, max: 2 }), sequence: fc.integer({ min: 1, max: 12 }) })
  .map((producer) => ({
    ...eventOf(`p-${producer.epoch}-${producer.sequence}`, "a", "k", 3),
    producer: { id: "p", ...producer },
  }));
const note = fc.nat(20).map((number) => ({ ...eventOf(`note-${number}`, "@notes", "k", 2), about: "a" }));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("append" as const),
      events: fc.array(
        fc.oneof(
          { weight: 8, arbitrary: plain },
          { weight: 2, arbitrary: numbered },
          { weight: 1, arbitrary: note },
        ),
        { maxLength: 12 },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("read" as const),
      query: fc
        .record({
          after: offset,
          names: fc.option(fc.uniqueArray(fc.constantFrom(...names, "@notes", "none")), { nil: undefined }),
          key: fc.option(fc.constantFrom("k", "1", 1, "l"), { nil: undefined }),
          shards: fc.option(fc.uniqueArray(fc.nat(63), { minLength: 10, maxLength: 40 }), { nil: undefined }),
          limit: fc.integer({ min: 1, max: 20 }),
          bytes: fc.integer({ min: 1, max: 400 }),
        })
        // Shards and a key at once: the log in memory tells the gaps of all shards then.
        .map((query) => (query.key === undefined ? query : { ...query, shards: undefined })),
    }),
  },
  fc.record({ type: fc.constantFrom("trim" as const, "compact" as const), before: offset, name }),
  fc.record({ type: fc.constant("erase" as const), key: fc.constantFrom<Key[]>("k", "1", 1), name }),
  fc.record({
    type: fc.constant("acquire" as const),
    cursor: fc.constantFrom("c", "d"),
    owner: fc.constantFrom("one", "two"),
    lease: fc.constantFrom(1_000, 30_000),
  }),
  fc.record({
    type: fc.constant("save" as const),
    cursor: fc.constantFrom("c", "d"),
    token: fc.nat(4),
    lease: fc.constantFrom(0, 1_000, 30_000),
  }),
  fc.record({
    type: fc.constant("pass" as const),
    milliseconds: fc.constantFrom(1, 900, 20_000, known),
  }),
  fc.record({ type: fc.constant("at" as const), ago: fc.nat(100_000) }),
  fc.constant({ type: "reopen" as const }),
);

it("does whatever the log in memory does, through closing and opening", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const folder = createFolder();
      const clock = new VirtualClock();
      const model = memory({ runtime: clock, dedupeWindow: known });
      const real = sqlite(`${folder.path}/events.db`, { runtime: clock, dedupeWindow });
      try {
        await Promise.all([model.open(), real.open()]);
        for (const one of steps) {
          if (one.type === "pass") await clock.advance(one.milliseconds);
          else if (one.type === "reopen") {
            await real.close({ drain: 1_000 });
            await real.open();
          } else {
            const [expected, found] = await Promise.all([run(model, one, clock), run(real, one, clock)]);
            expect(found, JSON.stringify(one)).toEqual(expected);
          }
        }
      } finally {
        await real.close({ drain: 0 });
        folder.remove();
      }
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

async function run(
  broker: Broker,
  step: Exclude<Step, { type: "pass" | "reopen" }>,
  clock: VirtualClock,
): Promise<unknown> {
  const { log } = broker;
  switch (step.type) {
    case "append":
      return [await log.append(step.events), await log.head()];
    case "read": {
      const { after } = step.query;
      const { records, scanned, trimmed } = await log.read(step.query);
      // Behind the last record that there is room for, a log may or may not look whether there is another.
      const last = records.length === step.query.limit ? records.at(-1)!.offset : scanned;
      // What is trimmed matters to who has not read so far.
      return {
        records: records.map(({ body, ...rest }) => ({ ...rest, body: [...body] })),
        scanned: Math.min(scanned, last),
        gap: trimmed > after && trimmed,
      };
    }
    case "trim":
      return log.trim(step);
    case "compact":
      return log.compact(step);
    case "erase":
      return log.erase(step);
    case "acquire":
      return log.acquire(step.cursor, step.owner, step.lease);
    case "save":
      return log.save(step.cursor, step.token, Uint8Array.of(step.token), step.lease);
    case "at":
      return log.at(clock.now() - step.ago);
  }
}

function eventOf(id: string, name: string, key: Key | undefined, size: number): Append {
  return { id, name, key, shard: shardOf(name, key), time: 1_000, body: new Uint8Array(size).fill(size) };
}
