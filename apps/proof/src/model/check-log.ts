import { type Append, type Broker, type Key, type LogRecord, type Producer, shardOf } from "@eventwire/core";
import fc from "fast-check";
import { ModelLog } from "./model-log.js";

/** Brokers on one storage, on a clock that is moved by hand. */
export interface ModelHarness {
  /** Another one each time where the storage is not the object. Not opened. */
  create(): Broker;
  advance(milliseconds: number): Promise<void>;
}

export interface CheckLogOptions {
  /** How many sequences of commands are tried. Default 100. */
  readonly runs?: number;
  /** Where they begin. Default: by chance. */
  readonly seed?: number;
}

interface Real {
  broker: Broker;
  readonly harness: ModelHarness;
}

type LogCommand = fc.AsyncCommand<ModelLog, Real>;

const lease = 1_000;

/**
 * Does whatever can be done to a log, in any order, and compares it with a list. Rejects with the shortest sequence of commands
 * that it finds after which they differ.
 */
export async function checkLog(create: () => ModelHarness, { runs = 100, seed }: CheckLogOptions = {}) {
  const property = fc.asyncProperty(
    fc.commands(commands, { maxCommands: 40, size: "max" }),
    async (sequence) => {
      const harness = create();
      const broker = harness.create();
      await broker.open();
      const real: Real = { broker, harness };
      await fc.asyncModelRun(() => ({ model: new ModelLog(), real }), sequence);
      await real.broker.close({ drain: 1_000 });
    },
  );
  await fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

const names = fc.constantFrom("a", "b");
const keys = fc.constantFrom<Key | undefined>("k", "l", 1, undefined);
const part = fc.integer({ min: 0, max: 12 }).map((tenths) => tenths / 10);
const producers = fc.record<Producer>({
  id: fc.constantFrom("p", "q"),
  epoch: fc.integer({ min: 1, max: 3 }),
  sequence: fc.integer({ min: 1, max: 6 }),
});
const appends = fc
  .record({
    id: fc.integer({ min: 1, max: 40 }).map(String),
    name: names,
    key: keys,
    producer: fc.option(producers, { nil: undefined }),
  })
  .map(
    ({ id, name, key, producer }): Append => ({
      // A producer does not give an id of others.
      id: producer ? `${producer.id}-${producer.sequence}-${id}` : id,
      ...{ name, key, producer, shard: shardOf(name, key), time: 0, body: Uint8Array.of(1) },
    }),
  );
const owners = fc.constantFrom("one", "two");
const cursors = fc.constantFrom("c", "d");

const commands: fc.Arbitrary<LogCommand>[] = [
  fc.array(appends, { minLength: 1, maxLength: 5, size: "max" }).map((batch) =>
    command(`append ${batch.map(({ id }) => id)}`, async (model, { broker }) => {
      const appended = await broker.log.append(batch);
      same("outcomes", appended.length, batch.length);
      for (const [index, outcome] of appended.entries()) {
        const append = batch[index]!;
        const expected = model.outcome(append);
        if (expected === "fenced") same("outcome", outcome, { type: "fenced" });
        else if (typeof expected === "number") same("outcome", outcome, { type: "conflict", expected });
        else {
          if (outcome.type !== "appended") throw new Error(`${append.id} is ${outcome.type}`);
          same("duplicate", outcome.duplicate, expected === "duplicate");
          if (outcome.duplicate) continue;
          if (!(outcome.offset! > model.head)) throw new Error(`${outcome.offset} after ${model.head}`);
          model.keep(append, outcome.offset!);
        }
      }
      same("head", await broker.log.head(), model.head);
    }),
  ),
  fc
    .tuple(
      part,
      fc.option(fc.array(names, { maxLength: 2 }), { nil: undefined }),
      keys,
      fc.integer({ min: 1, max: 5 }),
    )
    .map(([at, names, key, limit]) =>
      command(`read after ${at} of ${names} ${key}, ${limit} a page`, async (model, { broker }) => {
        const from = offsetAt(model, at);
        const read: LogRecord[] = [];
        for (let after = from; ; ) {
          const page = await broker.log.read({ after, names, key, limit, bytes: 1_000 });
          if (page.trimmed < model.gap(names, key)) throw new Error(`trimmed is ${page.trimmed}`);
          if (page.records.length > limit) throw new Error(`a page of ${page.records.length}`);
          read.push(...page.records);
          if (page.scanned >= model.head) break;
          if (page.scanned <= after) throw new Error(`scanned up to ${page.scanned} after ${after}`);
          after = page.scanned;
        }
        same(
          "records",
          read.map(({ id }) => id),
          model.read({ after: from, names, key }),
        );
      }),
    ),
  fc.tuple(part, fc.option(names, { nil: undefined })).map(([at, name]) =>
    command(`trim before ${at} of ${name}`, async (model, { broker }) => {
      const before = offsetAt(model, at);
      await broker.log.trim({ before, name });
      model.trim(before, name);
    }),
  ),
  part.map((at) =>
    command(`compact before ${at}`, async (model, { broker }) => {
      const before = offsetAt(model, at);
      same("how many went", await broker.log.compact({ before }), model.compact(before));
    }),
  ),
  fc.constantFrom("k", 1).map((key) =>
    command(`erase ${key}`, async (model, { broker }) => {
      same("how many went", await broker.log.erase({ key }), model.erase(key));
    }),
  ),
  fc.tuple(cursors, owners).map(([cursor, owner]) =>
    command(`acquire ${cursor} as ${owner}`, async (model, { broker }) => {
      const held = await broker.log.acquire(cursor, owner, lease);
      const known = model.cursors.get(cursor);
      const taken = known?.owner !== undefined && known.owner !== owner && known.until > model.now;
      same("taken", held === undefined, taken);
      if (!held) return;
      if (!(held.token > (known?.token ?? 0))) throw new Error(`token ${held.token}`);
      same("state", held.state?.[0], known?.state);
      model.cursors.set(cursor, { owner, token: held.token, until: model.now + lease, state: known?.state });
    }),
  ),
  fc
    .tuple(cursors, fc.boolean(), fc.option(fc.nat(255), { nil: undefined }), fc.constantFrom(0, lease))
    .map(([cursor, late, state, lease]) =>
      command(`save ${cursor}${late ? " late" : ""} for ${lease}`, async (model, { broker }) => {
        const known = model.cursors.get(cursor);
        const token = (known?.token ?? 1) - (late ? 1 : 0);
        const bytes = state === undefined ? undefined : Uint8Array.of(state);
        const expected = known?.owner !== undefined && known.token === token;
        same("saved", await broker.log.save(cursor, token, bytes, lease), expected);
        if (!known || !expected) return;
        const owner = lease === 0 ? undefined : known.owner;
        model.cursors.set(cursor, { owner, token, until: model.now + lease, state: state ?? known.state });
      }),
    ),
  fc.constantFrom(1, lease, 2 * lease).map((milliseconds) =>
    command(`let ${milliseconds} ms pass`, async (model, { harness }) => {
      await harness.advance(milliseconds);
      model.now += milliseconds;
    }),
  ),
  fc.constant(
    command("open another", async (_, real) => {
      const broker = real.harness.create();
      await broker.open();
      await real.broker.close({ drain: 1_000 });
      real.broker = broker;
    }),
  ),
];

function command(text: string, run: (model: ModelLog, real: Real) => Promise<void>): LogCommand {
  return { check: () => true, run, toString: () => text };
}

/** The offset of an event that is so far along the log, or a little beyond. */
function offsetAt({ head }: ModelLog, part: number): number {
  return Math.floor(part * (head + 1));
}

function same(what: string, real: unknown, expected: unknown): void {
  if (JSON.stringify(real) === JSON.stringify(expected)) return;
  throw new Error(`${what}: ${JSON.stringify(real)}, not ${JSON.stringify(expected)}`);
}
