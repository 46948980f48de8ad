import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { hostileKeys } from "./hostile.js";

const all = { after: 0, limit: 1_000, bytes: 100_000_000 };

/** That all of a key can be forgotten as if it had never been. */
export const erasure: BrokerChapter = (declare) => {
  declare("all that has a key is forgotten, of all names, and nothing else", async (stage) => {
    await stage.append(...["a k", "b k", "a l", "a", "b k", "a k"].map(eventOf(stage)));
    expect(await stage.broker.log.erase({ key: "k" }), "records that went").toBe(4);
    expect((await stage.read()).map(({ name, key }) => [name, key])).toEqual([
      ["a", "l"],
      ["a", undefined],
    ]);
    expect(await stage.read({ key: "k" })).toEqual([]);
    expect(await stage.broker.log.erase({ key: "k" }), "records that went then").toBe(0);
    expect(await stage.broker.log.erase({ key: "unknown" })).toBe(0);
  });

  declare("of one name a key is forgotten, and of no other", async (stage) => {
    await stage.append(...["a k", "b k", "a l", "a k"].map(eventOf(stage)));
    expect(await stage.broker.log.erase({ key: "k", name: "a" })).toBe(2);
    expect((await stage.read()).map(({ name, key }) => `${name} ${key}`)).toEqual(["b k", "a l"]);
    expect(await stage.broker.log.erase({ key: "k", name: "c" })).toBe(0);
  });

  declare("keys that are alike are not forgotten together", async (stage) => {
    await stage.append(...hostileKeys.map((key) => stage.event({ key })));
    for (const [index, key] of hostileKeys.entries()) {
      expect(await stage.broker.log.erase({ key }), JSON.stringify(key)).toBe(1);
      const left = hostileKeys.slice(index + 1);
      expect((await stage.read()).map((record) => record.key)).toEqual(left);
    }
  });

  declare("notes about events of a key are forgotten with them", async (stage) => {
    const note = (key: string, about: string) => stage.event({ name: "@notes", key, about });
    const notes = [note("k", "a"), note("l", "a"), note("k", "b"), note("k", "c")];
    await stage.append(stage.event({ key: "k" }), ...notes);
    const left = async () => (await stage.read()).map(({ id }) => id);
    expect(await stage.broker.log.erase({ key: "k", name: "a" })).toBe(2);
    expect(await left()).toEqual([notes[1]!.id, notes[2]!.id, notes[3]!.id]);
    expect(await stage.broker.log.erase({ key: "k" })).toBe(2);
    expect(await left()).toEqual([notes[1]!.id]);
  });

  declare("what was erased is no gap, whoever reads", async (stage) => {
    const { log } = stage.broker;
    const offsets = await stage.append(...["a k", "a l", "b k", "a", "a k", "b"].map(eventOf(stage)));
    const queries = [{}, { names: ["a"] }, { key: "k" }, { names: ["b"], key: "k" }];
    const trimmed = () =>
      Promise.all(queries.map(async (query) => (await log.read({ ...all, ...query })).trimmed));
    await log.trim({ before: offsets[1]! });
    const before = await trimmed();
    await log.erase({ key: "k" });
    expect(await trimmed(), "trimmed, before and after").toEqual(before);
    const left = [1, 3, 5].map((index) => offsets[index]);
    expect((await stage.read({ limit: 1 })).map(({ offset }) => offset)).toEqual(left);
    expect((await stage.read({ after: offsets[2]! })).map(({ offset }) => offset)).toEqual(left.slice(1));
    const found = await log.at(stage.now() + 1_000_000);
    expect(await stage.read({ after: found }), "read from where the last of it was").toEqual([]);
  });

  declare("a log from which all was erased keeps its head, and gives no offset again", async (stage) => {
    const { log } = stage.broker;
    const epoch = await log.epoch();
    const offsets = await stage.append(stage.event({ key: "k" }), stage.event({ key: "k" }));
    await log.erase({ key: "k" });
    expect(await stage.read()).toEqual([]);
    expect(await log.epoch()).toBe(epoch);
    expect(await log.head()).toBe(offsets[1]);
    const [next] = await stage.append(stage.event({ key: "k" }));
    expect(next).toBeGreaterThan(offsets[1]!);
    expect((await stage.read({ key: "k" })).map(({ offset }) => offset)).toEqual([next]);
  });

  declare("the ids and sequences of what was erased stay known", async (stage) => {
    const { log } = stage.broker;
    const numbered = (sequence: number) =>
      stage.event({ key: "k", producer: { id: "p", epoch: 1, sequence } });
    const events = [stage.event({ key: "k" }), numbered(1), numbered(2)];
    await stage.append(...events);
    await log.erase({ key: "k" });
    expect(await log.append(events)).toMatchObject(events.map(() => ({ duplicate: true })));
    expect(await stage.read()).toEqual([]);
    expect(await log.append([numbered(3)])).toMatchObject([{ type: "appended", duplicate: false }]);
  });

  declare("what one broker erases is gone for all on its storage", async (stage) => {
    const other = await stage.another();
    await stage.append(...["a k", "a l", "a k"].map(eventOf(stage)));
    expect(await other.log.erase({ key: "k" })).toBe(2);
    expect((await stage.read()).map(({ key }) => key)).toEqual(["l"]);
    expect((await stage.read({}, other)).map(({ key }) => key)).toEqual(["l"]);
  });
};

/** What makes events of "a k": a name and, where there is one, a key. */
const eventOf = (stage: BrokerStage) => (both: string) => {
  const [name, key] = both.split(" ");
  return stage.event({ name: name!, key });
};
