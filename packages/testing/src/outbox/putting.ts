import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import { holdingOf } from "./outbox-stage.js";

const texts = {
  empty: "",
  "of every kind": '"\\\u0000\n\u2028 ä 飛 😀',
  "of a megabyte": "x".repeat(1_000_000),
  "that looks like the end of what is written": '"]}\n\n\u00ff\u0000eventwire',
};

/** That what is put is kept: all of it, once, as it was, in its order. */
export const putting: OutboxChapter = (declare, { survives }) => {
  if (!survives) return;

  declare("what is put is found when it is opened again, in order, as it was", async (stage) => {
    const { outbox, stop } = await stage.open();
    const entries = stage.some(5);
    await outbox.put(entries);
    stop();
    await outbox.close();
    const again = await stage.open();
    expect(holdingOf(again.outbox), "the outbox that is found").toEqual({ ...holdingOf(outbox), entries });
  });

  declare("puts that nobody waits for are kept in the order in which they were called", async (stage) => {
    const { outbox, stop } = await stage.open();
    const entries = stage.some(60);
    await Promise.all(
      Array.from({ length: 30 }, (_, put) => outbox.put(entries.slice(2 * put, 2 * put + 2))),
    );
    stop();
    await outbox.close();
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual(entries);
  });

  for (const [kind, body] of Object.entries(texts)) {
    declare(`a body ${kind} is kept as it was`, async (stage) => {
      const entries = [
        stage.entry({ body }),
        stage.entry({ id: body.slice(0, 100), name: `a.${body.slice(0, 9)}` }),
      ];
      const { outbox, stop } = await stage.open();
      await outbox.put(entries);
      stop();
      await outbox.close();
      expect((await stage.open()).outbox.entries, "the entries that are found").toEqual(entries);
    });
  }

  declare("three thousand entries in one put, and as many behind them, are kept", async (stage) => {
    const { outbox, stop } = await stage.open();
    const entries = stage.some(6_000);
    await outbox.put(entries.slice(0, 3_000));
    await outbox.put(entries.slice(3_000));
    stop();
    await outbox.close();
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual(entries);
  });

  declare("entries of one id are entries of their own", async (stage) => {
    const entry = stage.entry();
    const { outbox, stop } = await stage.open();
    await outbox.put([entry, entry]);
    await outbox.put([entry]);
    stop();
    await outbox.close();
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual([entry, entry, entry]);
  });

  declare("to put nothing is nothing", async (stage) => {
    const { outbox } = await stage.open();
    await outbox.put([]);
    await outbox.put(stage.some(1));
    expect(outbox.entries, "the entries that are found").toEqual([]);
  });

  declare("what the caller does to its entries afterwards changes nothing that is kept", async (stage) => {
    const { outbox, stop } = await stage.open();
    const entries = stage.some(2).map((entry) => ({ ...entry }));
    const before = structuredClone(entries);
    const putting = outbox.put(entries);
    entries[0]!.body = "[0]";
    entries.pop();
    await putting;
    stop();
    await outbox.close();
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual(before);
  });

  declare("what was found stays what it was while more is put", async (stage) => {
    await stage.leave(stage.place, stage.some(2));
    const { outbox } = await stage.open();
    const found = structuredClone(holdingOf(outbox));
    await outbox.put(stage.some(2));
    await outbox.advance(1, { ...outbox.state, first: 2, epoch: 1 });
    expect(holdingOf(outbox), "the outbox that is found").toEqual(found);
  });
};
