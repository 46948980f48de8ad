import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import { firstState, holdingOf } from "./outbox-stage.js";

const closed = { code: "Closed" };
const sent = { epoch: 1, confirmed: 1, first: 2, sent: 0, user: "ann" };

/** That an outbox is let go of: forgotten where it is empty, and else for the next. */
export const closing: OutboxChapter = (declare, { shared, survives }) => {
  declare("it can be closed more than once, and at once", async (stage) => {
    const { outbox } = await stage.open();
    await Promise.all([outbox.close(), outbox.close()]);
    await outbox.close();
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual([]);
  });

  if (!survives) {
    declare("once it is closed nothing is left of it, for this place or a later one", async (stage) => {
      const producer = await stage.leave(stage.place, stage.some(2));
      for (const place of [stage.place, await stage.another()]) {
        const later = await stage.open(place);
        expect(later.outbox.producer).not.toBe(producer);
        expect(later.outbox.entries, "the entries that are found").toEqual([]);
      }
    });
    return;
  }

  declare("one that is empty is forgotten, with its state", async (stage) => {
    const { outbox } = await stage.open();
    await outbox.put(stage.some(1));
    await outbox.advance(1, sent);
    await outbox.close();
    const again = await stage.open();
    expect(again.outbox.producer).not.toBe(outbox.producer);
    expect(again.outbox.state, "the state that is found").toEqual(firstState);
    expect(again.outbox.entries, "the entries that are found").toEqual([]);
  });

  declare("what was asked before it closes is done, also where nobody has waited", async (stage) => {
    const { outbox, stop } = await stage.open();
    const entries = stage.some(3);
    stop();
    const asked = [outbox.put(entries), outbox.advance(1, sent)];
    await outbox.close();
    await Promise.all(asked);
    const again = await stage.open();
    expect(holdingOf(again.outbox), "the outbox that is found").toEqual({
      producer: outbox.producer,
      entries: entries.slice(1),
      state: sent,
    });
  });

  declare("a second close does nothing to who has it by then", async (stage) => {
    const { outbox, stop } = await stage.open();
    await outbox.put(stage.some(1));
    stop();
    await outbox.close();
    const again = await stage.open();
    await outbox.close();
    await again.outbox.put(stage.some(1));
    const third = await stage.open();
    expect(third.outbox.producer).not.toBe(again.outbox.producer);
  });

  declare("once it is closed nothing is put or let go of", async (stage) => {
    const entries = stage.some(1);
    const { outbox, stop } = await stage.open();
    await outbox.put(entries);
    stop();
    const closing = outbox.close();
    await expect(outbox.put(stage.some(1))).rejects.toMatchObject(closed);
    await closing;
    await expect(outbox.put(stage.some(1))).rejects.toMatchObject(closed);
    await expect(outbox.advance(1, sent)).rejects.toMatchObject(closed);
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual(entries);
  });

  declare("one that goes through many hands keeps its name, its entries and its state", async (stage) => {
    const entries = stage.some(6);
    const producer = await stage.leave(stage.place, entries.slice(0, 1));
    for (let hand = 1; hand < 6; hand++) {
      const { outbox, stop } = await stage.open(shared ? await stage.another() : stage.place);
      expect(holdingOf(outbox), "the outbox that is found").toEqual({
        producer,
        entries: entries.slice(hand - 1, hand),
        state: { ...sent, first: hand, epoch: hand - 1, ...(hand === 1 ? firstState : {}) },
      });
      await outbox.put(entries.slice(hand, hand + 1));
      await outbox.advance(1, { ...sent, first: hand + 1, epoch: hand });
      stop();
      await outbox.close();
    }
  });

  declare("a place that comes later finds what an earlier one has left", async (stage) => {
    const entries = stage.some(2);
    const producer = await stage.leave(stage.place, entries);
    const later = await stage.open(await stage.another());
    expect(holdingOf(later.outbox), "the outbox that is found").toEqual({
      producer,
      entries,
      state: firstState,
    });
  });
};
