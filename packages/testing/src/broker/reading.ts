import { type Append, type Key, type LogQuery, shardCount, shardOf } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { hostileKeys, hostileNames } from "./hostile.js";

const all = { after: 0, limit: 1_000, bytes: 100_000_000 };

/** What a query selects, in pages that join without a hole. */
export const reading: BrokerChapter = (declare) => {
  declare("reading begins after an offset", async (stage) => {
    const offsets = await stage.append(...some(stage, 5));
    for (const [index, after] of offsets.entries()) {
      expect(await offsetsOf(stage, { after })).toEqual(offsets.slice(index + 1));
    }
  });

  declare("who reads from beyond the end is told where that is", async (stage) => {
    const { log } = stage.broker;
    expect((await log.read({ ...all, after: 1 })).scanned, "scanned, of an empty log").toBe(0);
    const offsets = await stage.append(...some(stage, 5));
    const end = offsets.at(-1)!;
    for (const query of [{}, { names: ["a"] }, { names: ["nothing"] }, { key: "k" }, { shards: [1] }]) {
      const { scanned, records } = await log.read({ ...all, ...query, after: end + 100 });
      expect(scanned, `scanned, for ${JSON.stringify(query)}`).toBe(end);
      expect(records).toEqual([]);
    }
    const [next] = await stage.append(stage.event());
    expect(await offsetsOf(stage, { after: end })).toEqual([next]);
  });

  declare(
    "a page has as many records as the limit allows, and the next one goes on after it",
    async (stage) => {
      const { log } = stage.broker;
      const offsets = await stage.append(...some(stage, 10));
      for (const limit of [1, 3, 10, 11]) {
        const page = await log.read({ ...all, limit });
        expect(page.records.length, `records of a page of ${limit}`).toBe(Math.min(limit, 10));
        expect(await offsetsOf(stage, { limit }), `pages of ${limit}`).toEqual(offsets);
      }
    },
  );

  declare("a page has no more bytes than asked for, but at least one record", async (stage) => {
    const { log } = stage.broker;
    const offsets = await stage.append(
      ...[100, 100, 100, 5_000, 100, 0, 0].map((size) => stage.event({ body: new Uint8Array(size) })),
    );
    const counts: number[] = [];
    for (let after = 0; after < offsets.at(-1)! && counts.length < offsets.length; ) {
      const { records, scanned } = await log.read({ ...all, after, bytes: 250 });
      counts.push(records.length);
      after = scanned;
    }
    expect(counts, "records of each page of 250 bytes").toEqual([2, 1, 1, 3]);
    expect(await offsetsOf(stage, { bytes: 1 })).toEqual(offsets);
  });

  declare("where nothing is selected, everything was looked through", async (stage) => {
    const { log } = stage.broker;
    const offsets = await stage.append(...some(stage, 20));
    expect(await offsetsOf(stage, { names: ["nothing"] })).toEqual([]);
    expect(await offsetsOf(stage, { key: "nothing" })).toEqual([]);
    const { scanned, records } = await log.read({ ...all, after: offsets[10]! });
    expect([scanned, records.length]).toEqual([offsets[19], 9]);
    expect((await log.read({ ...all, after: offsets[19]! })).scanned).toBe(offsets[19]);
  });

  declare("names select, each as a whole", async (stage) => {
    const names = [...hostileNames, "a", "b"];
    const offsets = await stage.append(...names.map((name) => stage.event({ name })));
    for (const [index, name] of names.entries()) {
      expect(await offsetsOf(stage, { names: [name] }), JSON.stringify(name)).toEqual([offsets[index]]);
    }
    expect(await offsetsOf(stage, { names: ["b", "a"] })).toEqual(offsets.slice(-2));
    expect(await offsetsOf(stage, { names })).toEqual(offsets);
    expect(await offsetsOf(stage, { names: [] })).toEqual([]);
  });

  declare("a key selects across names, and a number is not its text", async (stage) => {
    const keys = hostileKeys;
    const first = await stage.append(...keys.map((key) => stage.event({ key })), stage.event());
    const second = await stage.append(...keys.map((key) => stage.event({ name: "b", key })));
    for (const [index, key] of keys.entries()) {
      const expected = [first[index], second[index]];
      expect(await offsetsOf(stage, { key }), `${typeof key} ${JSON.stringify(key)}`).toEqual(expected);
    }
    expect(await offsetsOf(stage, { key: 1, names: ["b"] })).toEqual([second[keys.indexOf(1)]]);
  });

  declare("shards select", async (stage) => {
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    const offsets = await stage.append(...keys.map((key) => stage.event({ key })));
    const selected = (...shards: number[]) =>
      offsets.filter((_, index) => shards.includes(shardOf("a", keys[index])));
    for (const shard of [0, 1, shardCount - 1]) {
      expect(await offsetsOf(stage, { shards: [shard] })).toEqual(selected(shard));
    }
    const odd = Array.from({ length: shardCount / 2 }, (_, index) => 2 * index + 1);
    expect(await offsetsOf(stage, { shards: odd, limit: 7 })).toEqual(selected(...odd));
    expect(await offsetsOf(stage, { shards: [] })).toEqual([]);
  });

  declare(
    "whatever is selected together, in pages of any size, is what a plain search finds",
    async (stage) => {
      const names = ["a", "b", "c"];
      const keys: readonly (Key | undefined)[] = [undefined, "k", 1, "1"];
      const events = Array.from({ length: 150 }, (_, index) =>
        stage.event({
          name: names[(index * 7) % 3]!,
          key: keys[(index * 5) % 4],
          body: new Uint8Array(index % 40),
        }),
      );
      const offsets = await stage.append(...events);
      const selects = ({ name, key, shard }: Append, query: Partial<LogQuery>) =>
        (query.names?.includes(name) ?? true) &&
        (query.key === undefined || query.key === key) &&
        (query.shards?.includes(shard) ?? true);
      const shards = [...new Set(events.map(({ shard }) => shard))].slice(0, 3);
      for (const query of [
        {},
        { names: ["a"] },
        { names: ["b", "c"] },
        { names: ["a"], key: "k" },
        { key: 1, shards },
        { shards },
      ]) {
        const expected = offsets.filter((_, index) => selects(events[index]!, query));
        for (const page of [{ limit: 1 }, { limit: 4 }, { bytes: 70 }, { limit: 1_000 }]) {
          expect(
            await offsetsOf(stage, { ...query, ...page }),
            JSON.stringify({ ...query, ...page }),
          ).toEqual(expected);
        }
      }
    },
  );

  declare("a page names the log's epoch", async (stage) => {
    const { log } = stage.broker;
    const epoch = await log.epoch();
    expect(epoch).toMatch(/./);
    await stage.append(stage.event());
    expect((await log.read(all)).epoch).toBe(epoch);
    expect(await log.epoch()).toBe(epoch);
  });

  declare(
    "who reads while others append misses nothing, for no smaller offset comes later",
    async (stage) => {
      const writers = [stage.broker, await stage.another(), stage.broker, await stage.another()];
      const rounds = 15;
      const offsets: number[] = [];
      let writing = true;
      const written = Promise.all(
        writers.map(async ({ log }, writer) => {
          for (let round = 0; round < rounds; round++) {
            const size = ((round * 3 + writer) % 5) + 1;
            const events = Array.from({ length: size }, () => stage.event({ name: `writer ${writer}` }));
            const appended = await log.append(events);
            for (const one of appended) if (one.type === "appended") offsets.push(one.offset!);
          }
        }),
      ).finally(() => {
        writing = false;
      });
      const seen: number[] = [];
      const { log } = await stage.another();
      for (let after = 0; ; ) {
        const last = !writing;
        const { records, scanned } = await log.read({ ...all, after, limit: 5 });
        seen.push(...records.map(({ offset }) => offset));
        after = scanned;
        if (last && records.length === 0) break;
        await stage.turn();
      }
      await written;
      expect(seen).toEqual(offsets.sort((one, other) => one - other));
      expect(seen.length, "records").toBe(writers.length * rounds * 3);
    },
  );
};

function some(stage: BrokerStage, count: number): readonly Append[] {
  return Array.from({ length: count }, () => stage.event());
}

/** The offsets of what a query selects, through all its pages. */
async function offsetsOf(stage: BrokerStage, query: Partial<LogQuery>): Promise<readonly number[]> {
  return (await stage.read(query)).map(({ offset }) => offset);
}
