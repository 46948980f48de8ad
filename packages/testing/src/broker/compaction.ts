import type { Append } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { hostileKeys, hostileNames } from "./hostile.js";

const all = { after: 0, limit: 1_000, bytes: 100_000_000 };

/** That of a name and key what has a successor may go, and that nobody takes it for a gap. */
export const compaction: BrokerChapter = (declare) => {
  declare("of each name and key the newest before an offset stays", async (stage) => {
    const kept = [2, 3, 5, 6, 7];
    const events = ["a k", "a k", "a k", "b k", "a l", "a l", "a k", "a k"].map((both) => {
      const [name, key] = both.split(" ");
      return stage.event({ name: name!, key });
    });
    const offsets = await stage.append(...events);
    expect(await stage.broker.log.compact({ before: offsets[6]! }), "records that went").toBe(3);
    expect((await stage.read()).map(({ id }) => id)).toEqual(kept.map((index) => events[index]!.id));
    expect(await stage.broker.log.compact({ before: offsets[6]! }), "records that went then").toBe(0);
    expect(await stage.broker.log.compact({ before: offsets[7]! + 1 }), "records that went at last").toBe(2);
    expect(await stage.read()).toHaveLength(3);
  });

  declare("what has no key stays, and what lies behind the offset", async (stage) => {
    const { log } = stage.broker;
    await stage.append(stage.event(), stage.event(), keyed(stage, "k"), keyed(stage, "k"));
    expect(await log.compact({ before: 0 })).toBe(0);
    expect(await log.compact({ before: 1 })).toBe(0);
    expect(await stage.read()).toHaveLength(4);
    expect(await log.compact({ before: 1_000_000 })).toBe(1);
    expect((await stage.read()).map(({ key }) => key)).toEqual([undefined, undefined, "k"]);
  });

  declare("one name is compacted, and no other", async (stage) => {
    const names = ["*", "%", "_", ".", ">", "a"];
    const events = [...names, ...names].map((name) => stage.event({ name, key: "k" }));
    await stage.append(...events);
    for (const [index, name] of names.entries()) {
      expect(await stage.broker.log.compact({ before: 1_000_000, name })).toBe(1);
      const left = [...names.slice(index + 1), ...names];
      expect((await stage.read()).map((record) => record.name)).toEqual(left);
    }
    expect(await stage.broker.log.compact({ before: 1_000_000, name: "unknown" })).toBe(0);
  });

  declare("names and keys that are alike are not compacted together", async (stage) => {
    const different = [
      ...hostileKeys.map((key) => keyed(stage, key)),
      ...hostileNames.map((name) => stage.event({ name, key: "k" })),
    ];
    await stage.append(...different);
    expect(await stage.broker.log.compact({ before: 1_000_000 })).toBe(0);
    const again = different.map((event) => ({ ...event, id: stage.id() }));
    await stage.append(...again);
    expect(await stage.broker.log.compact({ before: 1_000_000 })).toBe(different.length);
    expect((await stage.read()).map(({ id }) => id)).toEqual(again.map(({ id }) => id));
  });

  declare("what was compacted is no gap, and who is behind reads the newest of each key", async (stage) => {
    const { log } = stage.broker;
    const events = [..."klkmlkkl"].map((key) => keyed(stage, key));
    const offsets = await stage.append(...events);
    await log.trim({ before: offsets[1]! });
    const queries = [{}, { names: ["a"] }, { key: "k" }, { key: "l" }, { names: ["a"], key: "m" }];
    const trimmed = () =>
      Promise.all(queries.map(async (query) => (await log.read({ ...all, ...query })).trimmed));
    const before = await trimmed();
    await log.compact({ before: offsets[7]! + 1 });
    expect(await trimmed(), "trimmed, before and after").toEqual(before);
    const newest = [3, 6, 7].map((index) => offsets[index]);
    for (const after of [0, offsets[0]!, offsets[2]!]) {
      expect((await stage.read({ after })).map(({ offset }) => offset)).toEqual(newest);
      expect((await stage.read({ after, limit: 1 })).map(({ offset }) => offset)).toEqual(newest);
    }
    expect((await stage.read({ key: "k" })).map(({ offset }) => offset)).toEqual([offsets[6]]);
  });

  declare("notes are not compacted, though they have a key", async (stage) => {
    const note = () => stage.event({ name: "@notes", key: "k", about: "a" });
    await stage.append(note(), keyed(stage, "k"), note(), keyed(stage, "k"), note());
    expect(await stage.broker.log.compact({ before: 1_000_000 })).toBe(1);
    expect(await stage.broker.log.compact({ before: 1_000_000, name: "@notes" })).toBe(0);
    expect((await stage.read()).map(({ name }) => name)).toEqual(["@notes", "@notes", "a", "@notes"]);
  });

  declare("a log that was compacted keeps its head and epoch, and knows the ids that went", async (stage) => {
    const { log } = stage.broker;
    const epoch = await log.epoch();
    const events = [keyed(stage, "k"), keyed(stage, "k"), keyed(stage, "k")];
    const offsets = await stage.append(...events);
    await log.compact({ before: offsets[2]! + 1 });
    expect(await log.epoch()).toBe(epoch);
    expect(await log.head()).toBe(offsets[2]);
    expect(await log.append(events)).toMatchObject(events.map(() => ({ duplicate: true })));
    const [next] = await stage.append(keyed(stage, "k"));
    expect(next).toBeGreaterThan(offsets[2]!);
    const other = await stage.another();
    expect((await stage.read({}, other)).map(({ offset }) => offset)).toEqual([offsets[2], next]);
  });
};

function keyed(stage: BrokerStage, key: Append["key"]): Append {
  return stage.event({ key });
}
