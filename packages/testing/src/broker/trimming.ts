import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";

const all = { after: 0, limit: 1_000, bytes: 100_000_000 };

/** What is forgotten, and that who might miss it is told. */
export const trimming: BrokerChapter = (declare, { trimByName }) => {
  declare("what lies before an offset is forgotten, and nothing else", async (stage) => {
    const offsets = await fill(stage);
    await stage.broker.log.trim({ before: offsets[4]! });
    expect((await stage.read()).map(({ offset }) => offset)).toEqual(offsets.slice(4));
    expect(await stage.broker.log.head()).toBe(offsets.at(-1));
  });

  declare("who reads from before is told that records are missing, and nobody else", async (stage) => {
    const { log } = stage.broker;
    const offsets = await fill(stage);
    expect((await log.read(all)).trimmed, "trimmed, when nothing was").toBe(0);
    await log.trim({ before: offsets[4]! });
    for (const query of [{}, { names: ["a"] }, { names: ["b"] }, { key: "k" }, { names: ["a"], key: "k" }]) {
      const { trimmed } = await log.read({ ...all, ...query });
      const what = `trimmed, for ${JSON.stringify(query)}`;
      expect(trimmed, what).toBeGreaterThanOrEqual(offsets[2]!);
      expect(trimmed, what).toBeLessThan(offsets[4]!);
    }
    // Whoever has read up to there misses nothing.
    const { trimmed, records } = await log.read({ ...all, after: offsets[3]! });
    expect(trimmed).toBeLessThanOrEqual(offsets[3]!);
    expect(records.map(({ offset }) => offset)).toEqual(offsets.slice(4));
  });

  declare("trimming less, or again, changes nothing", async (stage) => {
    const { log } = stage.broker;
    const offsets = await fill(stage);
    await log.trim({ before: 0 });
    await log.trim({ before: 1 });
    expect(await stage.read()).toHaveLength(offsets.length);
    expect((await log.read(all)).trimmed).toBe(0);
    await log.trim({ before: offsets[4]! });
    const { trimmed } = await log.read(all);
    await log.trim({ before: offsets[4]! });
    await log.trim({ before: offsets[2]! });
    expect((await log.read(all)).trimmed).toBe(trimmed);
    expect(await stage.read()).toHaveLength(offsets.length - 4);
  });

  declare("a log that was trimmed of everything goes on where it was", async (stage) => {
    const { log } = stage.broker;
    const offsets = await fill(stage);
    const head = offsets.at(-1)!;
    await log.trim({ before: head + 1 });
    expect(await stage.read()).toEqual([]);
    expect((await log.read(all)).trimmed).toBe(head);
    expect(await log.head()).toBe(head);
    const [next] = await stage.append(stage.event());
    expect(next).toBeGreaterThan(head);
    expect((await log.read({ ...all, after: head })).records.map(({ offset }) => offset)).toEqual([next]);
  });

  declare("trimming beyond the head does not forget what comes later", async (stage) => {
    const { log } = stage.broker;
    const offsets = await fill(stage);
    await log.trim({ before: offsets.at(-1)! + 1_000 });
    const [next] = await stage.append(stage.event());
    expect((await stage.read()).map(({ offset }) => offset)).toEqual([next]);
    expect((await log.read(all)).trimmed).toBeLessThan(next!);
  });

  declare("a log that was trimmed keeps its epoch, and knows the ids it has forgotten", async (stage) => {
    const { log } = stage.broker;
    const epoch = await log.epoch();
    const event = stage.event();
    const [offset] = await stage.append(event, stage.event());
    await log.trim({ before: offset! + 1 });
    expect(await log.epoch()).toBe(epoch);
    const [again] = await log.append([event]);
    expect(again).toMatchObject({ type: "appended", duplicate: true });
    expect([offset, undefined]).toContain((again as { readonly offset?: number }).offset);
    expect(await stage.read()).toHaveLength(1);
  });

  if (trimByName) {
    declare("one name is forgotten, and no other", async (stage) => {
      const { log } = stage.broker;
      const offsets = await fill(stage);
      await log.trim({ before: offsets.at(-1)! + 1, name: "a" });
      expect((await stage.read()).map(({ name }) => name)).toEqual(["b", "b", "b", "b"]);
      for (const query of [{}, { names: ["a"] }, { names: ["a", "b"] }]) {
        const { trimmed } = await log.read({ ...all, ...query });
        expect(trimmed, `trimmed, for ${JSON.stringify(query)}`).toBeGreaterThanOrEqual(offsets[6]!);
        expect(trimmed, `trimmed, for ${JSON.stringify(query)}`).toBeLessThanOrEqual(offsets[7]!);
      }
      expect((await log.read({ ...all, names: ["b"] })).trimmed, "trimmed, of the other name").toBe(0);
    });

    declare("a name that is like a pattern is a name", async (stage) => {
      const names = ["*", "%", "_", ".", ">", "a"];
      await stage.append(...names.map((name) => stage.event({ name })));
      for (const [index, name] of names.entries()) {
        await stage.broker.log.trim({ before: 1_000_000, name });
        expect((await stage.read()).map((record) => record.name)).toEqual(names.slice(index + 1));
      }
    });
  } else {
    declare("trimming one name is refused, and forgets nothing", async (stage) => {
      const offsets = await fill(stage);
      const trimming = stage.broker.log.trim({ before: offsets.at(-1)! + 1, name: "a" });
      await expect(trimming).rejects.toMatchObject({ code: "Unsupported" });
      expect(await stage.read()).toHaveLength(offsets.length);
    });
  }
};

/** Eight events: of "a" and "b" by turns, with keys by pairs. */
function fill(stage: BrokerStage): Promise<readonly number[]> {
  const events = Array.from({ length: 8 }, (_, index) =>
    stage.event({ name: index % 2 === 0 ? "a" : "b", key: index % 4 < 2 ? undefined : "k" }),
  );
  return stage.append(...events);
}
