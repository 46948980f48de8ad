import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import { firstState, holdingOf } from "./outbox-stage.js";

const sent = { epoch: 2, confirmed: 1, first: 3, sent: 4, user: "ann" };

/** That a crash loses nothing that was acknowledged, brings nothing back, and hands over what it leaves. */
export const crashing: OutboxChapter = (declare, { survives, shared, crashes }) => {
  if (!crashes) {
    declare("its places cannot be ended as by a crash", async ({ place }) => {
      expect(place.crash).toBeUndefined();
    });
  }
  if (!crashes || !survives) return;

  declare("what was put and let go of before a crash is so after it", async (stage) => {
    const place = await stage.another();
    const { outbox } = await stage.open(place);
    const entries = stage.some(8);
    for (const entry of entries) await outbox.put([entry]);
    await outbox.advance(2, sent);
    await stage.crash(place);
    const next = await stage.open(await stage.another());
    expect(holdingOf(next.outbox), "the outbox that is found").toEqual({
      producer: outbox.producer,
      entries: entries.slice(2),
      state: sent,
    });
  });

  declare(
    "a state without entries is there after a crash, as long as nobody has closed it",
    async (stage) => {
      const place = await stage.another();
      const { outbox } = await stage.open(place);
      await outbox.put(stage.some(1));
      await outbox.advance(1, { ...firstState, epoch: 1, first: 2 });
      await stage.crash(place);
      const next = await stage.open(await stage.another());
      expect(holdingOf(next.outbox), "the outbox that is found").toEqual({
        producer: outbox.producer,
        entries: [],
        state: { ...firstState, epoch: 1, first: 2 },
      });
    },
  );

  declare("what a crash has cut short is there as a whole or not at all", async (stage) => {
    const place = await stage.another();
    const { outbox } = await stage.open(place);
    const entries = stage.some(40);
    await outbox.put(entries.slice(0, 10));
    const cut = [10, 20, 30].map((from) => outbox.put(entries.slice(from, from + 10)).catch(() => undefined));
    await stage.crash(place);
    void cut;
    const next = await stage.open(await stage.another());
    const { length } = next.outbox.entries;
    expect([10, 20, 30, 40]).toContain(length);
    expect(next.outbox.entries, "the entries that are found").toEqual(entries.slice(0, length));
  });

  declare("a crash amid opening leaves nothing that is in the way", async (stage) => {
    const place = await stage.another();
    void stage.open(place).catch(() => undefined);
    await stage.crash(place);
    const next = await stage.open(await stage.another());
    expect(holdingOf(next.outbox), "the outbox that is found").toMatchObject({
      entries: [],
      state: firstState,
    });
    await next.outbox.put(stage.some(1));
  });

  declare("one that crashes again and again goes from hand to hand", async (stage) => {
    const entries = stage.some(6);
    const producers = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const place = await stage.another();
      const { outbox } = await stage.open(place);
      producers.add(outbox.producer);
      expect(outbox.entries, "the entries that are found").toEqual(
        entries.slice(round === 0 ? 0 : round - 1, round),
      );
      await outbox.put(entries.slice(round, round + 1));
      if (round > 0) await outbox.advance(1, { ...firstState, first: round + 1 });
      await stage.crash(place);
    }
    expect(producers.size).toBe(1);
  });

  if (!shared) return;

  declare("who is there is told of what a crash has left, without opening again", async (stage) => {
    const place = await stage.another();
    const watcher = await stage.open();
    const { outbox } = await stage.open(place);
    const entries = stage.some(2);
    await outbox.put(entries);
    await stage.crash(place);
    const [left] = await stage.told(watcher);
    expect(holdingOf(left!), "the outbox that is found").toEqual({
      producer: outbox.producer,
      entries,
      state: firstState,
    });
  });

  declare("what a crashed place was told of is told to the next", async (stage) => {
    const place = await stage.another();
    const watcher = await stage.open();
    const crashing = await stage.open(place);
    watcher.stop();
    const producer = await stage.leave(await stage.another(), stage.some(1));
    await stage.told(crashing);
    const next = await stage.open(await stage.another());
    await stage.crash(place);
    await stage.told(next);
    expect(next.left[0]!.producer).toBe(producer);
  });
};
