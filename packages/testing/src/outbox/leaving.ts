import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import { firstState, holdingOf } from "./outbox-stage.js";

/** Who is told of outboxes that others have left, when, and that only one is. */
export const leaving: OutboxChapter = (declare, { shared, survives }) => {
  if (!survives) return;

  declare("of several that were left one is opened, and all others are told of", async (stage) => {
    const kept = new Map<string, unknown>();
    const openings = [await stage.open(), await stage.open(), await stage.open()];
    for (const [index, { outbox, stop }] of openings.entries()) {
      stop();
      const entries = stage.some(index + 1);
      await outbox.put(entries);
      kept.set(outbox.producer, entries);
    }
    for (const { outbox } of openings) await outbox.close();
    const again = await stage.open();
    const all = [again.outbox, ...(await stage.told(again, 2))];
    expect(new Map(all.map(({ producer, entries }) => [producer, entries]))).toEqual(kept);
  });

  declare("one that was told of can be filled, emptied and closed as one's own", async (stage) => {
    const openings = [await stage.open(), await stage.open()];
    for (const { outbox, stop } of openings) {
      stop();
      await outbox.put(stage.some(2));
    }
    for (const { outbox } of openings) await outbox.close();
    const again = await stage.open();
    const [left] = await stage.told(again);
    const more = stage.entry();
    await left!.put([more]);
    await left!.advance(2, { ...firstState, first: 3 });
    again.stop();
    await left!.close();
    const third = await stage.open();
    expect(holdingOf(third.outbox), "the outbox that is found").toEqual({
      producer: left!.producer,
      entries: [more],
      state: { ...firstState, first: 3 },
    });
    await third.outbox.advance(1, { ...firstState, first: 4 });
    third.stop();
    await third.outbox.close();
    expect((await stage.open()).outbox.producer).not.toBe(left!.producer);
  });

  if (!shared) {
    declare("who is there is told of nothing that another place leaves", async (stage) => {
      const watcher = await stage.open();
      const producer = await stage.leave(await stage.another(), stage.some(1));
      await stage.open();
      expect(watcher.left.map((one) => one.producer)).not.toContain(producer);
    });
    return;
  }

  declare("one that is open elsewhere is told to nobody", async (stage) => {
    const other = await stage.open(await stage.another());
    await other.outbox.put(stage.some(1));
    const watcher = await stage.open();
    expect(watcher.outbox.producer).not.toBe(other.outbox.producer);
    await stage.meanwhile();
    expect(watcher.left, "the outboxes that it was told of").toEqual([]);
  });

  for (const order of ["before", "after"]) {
    declare(`one that was opened ${order} is told of when it is left, as it is then`, async (stage) => {
      const place = await stage.another();
      const early = order === "after" ? await stage.open() : undefined;
      const other = await stage.open(place);
      const watcher = early ?? (await stage.open());
      const entries = stage.some(3);
      await other.outbox.put(entries);
      await other.outbox.advance(1, { ...firstState, first: 2, user: "ann" });
      expect(watcher.left, "the outboxes that it was told of").toEqual([]);
      other.stop();
      await other.outbox.close();
      const [left] = await stage.told(watcher);
      expect(holdingOf(left!), "the outbox that is found").toEqual({
        producer: other.outbox.producer,
        entries: entries.slice(1),
        state: { ...firstState, first: 2, user: "ann" },
      });
    });
  }

  declare("of several that would be told only one is", async (stage) => {
    const watchers = [await stage.open(), await stage.open(await stage.another()), await stage.open()];
    const producer = await stage.leave(await stage.another(), stage.some(1));
    const told = () => watchers.filter(({ left }) => left.some((one) => one.producer === producer));
    await stage.eventually(() => expect(told()).not.toEqual([]));
    for (const watcher of watchers) watcher.stop();
    expect(told()).toHaveLength(1);
    const next = await stage.open(await stage.another());
    expect(next.outbox.producer).not.toBe(producer);
  });

  declare("one that is empty is told to nobody", async (stage) => {
    const watcher = await stage.open();
    const other = await stage.open(await stage.another());
    await other.outbox.close();
    await stage.meanwhile();
    expect(watcher.left, "the outboxes that it was told of").toEqual([]);
  });

  declare("who does not want to be told any more is not, and the next one is", async (stage) => {
    const watcher = await stage.open();
    watcher.stop();
    const producer = await stage.leave(await stage.another(), stage.some(1));
    const next = await stage.open(await stage.another());
    expect(next.outbox.producer).toBe(producer);
    expect(watcher.left, "the outboxes that it was told of").toEqual([]);
    await watcher.outbox.put(stage.some(1));
  });

  declare("who has closed its own is told of others all the same", async (stage) => {
    const watcher = await stage.open();
    await watcher.outbox.close();
    const producer = await stage.leave(await stage.another(), stage.some(1));
    const [left] = await stage.told(watcher);
    expect(left!.producer).toBe(producer);
  });

  declare("many that are left one after the other are told of, each once", async (stage) => {
    const watcher = await stage.open();
    const place = await stage.another();
    const producers: string[] = [];
    for (let round = 0; round < 8; round++) {
      producers.push(await stage.leave(place, stage.some(1)));
      await stage.told(watcher, round + 1);
    }
    expect(watcher.left.map(({ producer }) => producer)).toEqual(producers);
  });
};
