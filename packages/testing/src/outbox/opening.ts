import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import { firstState, holdingOf } from "./outbox-stage.js";

/** What is found where nothing was left, and that no two have one. */
export const opening: OutboxChapter = (declare, { shared, survives }) => {
  declare("what it says of itself agrees with what survives", async ({ place }) => {
    expect(["memory", "process", "power"]).toContain(place.store.durability);
    expect(place.store.durability !== "memory", "whether it says that something survives").toBe(survives);
  });

  declare("a first outbox is empty, and nothing was ever sent from it", async (stage) => {
    const { outbox } = await stage.open();
    expect(outbox.entries, "the entries that are found").toEqual([]);
    expect(outbox.state, "the state that is found").toEqual(firstState);
  });

  declare("its producer is 1 to 64 letters, digits, - and _", async (stage) => {
    const { outbox } = await stage.open();
    expect(outbox.producer).toMatch(/^[\w-]{1,64}$/);
  });

  declare("two that are open in one place are two", async (stage) => {
    const openings = await Promise.all([stage.open(), stage.open(), stage.open()]);
    expect(new Set(openings.map(({ outbox }) => outbox.producer)).size).toBe(3);
  });

  declare("it opens also where nobody wants to be told of others", async (stage) => {
    const { outbox } = await stage.open();
    await outbox.put(stage.some(1));
    const left = () => {
      throw new Error("It was told nevertheless.");
    };
    const other = await stage.place.store.open({ left, signal: AbortSignal.abort() });
    await other.put(stage.some(1));
    await other.advance(1, { ...firstState, first: 2 });
    await other.close();
  });

  if (survives) {
    declare("each of two that are open in one place has entries of its own", async (stage) => {
      const [one, two] = [await stage.open(), await stage.open()];
      await one.outbox.put(stage.some(2));
      await two.outbox.put(stage.some(1));
      await two.outbox.advance(1, { ...firstState, first: 2 });
      await expect(two.outbox.advance(1, { ...firstState, first: 3 })).rejects.toMatchObject({
        code: "Misuse",
      });
    });
  }

  if (shared && survives) {
    declare("two that are open in two places are two, also where both open at once", async (stage) => {
      const other = await stage.another();
      const openings = await Promise.all([stage.open(), stage.open(other), stage.open(), stage.open(other)]);
      expect(new Set(openings.map(({ outbox }) => outbox.producer)).size).toBe(4);
    });

    declare("one that was left is opened by one of several that open at once", async (stage) => {
      const producer = await stage.leave(stage.place, stage.some(3));
      const other = await stage.another();
      const openings = await Promise.all([stage.open(), stage.open(other)]);
      const all = () => openings.flatMap(({ outbox, left }) => [outbox, ...left]);
      await stage.eventually(() => expect(all().map((one) => one.producer)).toContain(producer));
      for (let round = 0; round < 2; round++) await stage.meanwhile();
      expect(all().filter((one) => one.producer === producer)).toHaveLength(1);
    });
  }

  declare("a storage knows nothing of another one", async (stage) => {
    const producer = await stage.leave(stage.place, stage.some(1));
    const elsewhere = await stage.open(await stage.elsewhere());
    expect(elsewhere.outbox.producer).not.toBe(producer);
    expect(holdingOf(elsewhere.outbox), "the outbox that is found").toMatchObject({
      entries: [],
      state: firstState,
    });
  });
};
