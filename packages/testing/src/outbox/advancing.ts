import type { OutboxState } from "@eventwire/core";
import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import type { OutboxStage } from "./outbox-stage.js";

const misuse = { code: "Misuse" };

/** That entries go and the state is kept, together. */
export const advancing: OutboxChapter = (declare, { survives }) => {
  if (!survives) return;

  const state: OutboxState = { epoch: 3, confirmed: 2, first: 4, sent: 1, user: "ann" };

  /** What is found after this was done to ten entries. */
  const after = async (
    stage: OutboxStage,
    run: (opening: Awaited<ReturnType<OutboxStage["open"]>>["outbox"]) => Promise<unknown>,
  ) => {
    const entries = stage.some(10);
    const { outbox, stop } = await stage.open();
    await outbox.put(entries);
    await run(outbox);
    stop();
    await outbox.close();
    return { entries, again: (await stage.open()).outbox };
  };

  declare("the first entries go and the state is kept with that", async (stage) => {
    const { entries, again } = await after(stage, (outbox) => outbox.advance(3, state));
    expect(again.entries, "the entries that are found").toEqual(entries.slice(3));
    expect(again.state, "the state that is found").toEqual(state);
  });

  declare("a state is kept also where no entry goes", async (stage) => {
    const { entries, again } = await after(stage, (outbox) => outbox.advance(0, state));
    expect(again.entries, "the entries that are found").toEqual(entries);
    expect(again.state, "the state that is found").toEqual(state);
  });

  declare("an entry may go while the first sequence stays", async (stage) => {
    const kept = { ...state, first: 1 };
    const { entries, again } = await after(stage, async (outbox) => {
      await outbox.advance(1, kept);
      await outbox.advance(1, kept);
    });
    expect(again.entries, "the entries that are found").toEqual(entries.slice(2));
    expect(again.state, "the state that is found").toEqual(kept);
  });

  declare("a user is kept, and so is that there is none", async (stage) => {
    for (const user of ["", "ann/飛\u0000", undefined]) {
      const { outbox, stop } = await stage.open();
      if (outbox.entries.length === 0) await outbox.put(stage.some(1));
      await outbox.advance(0, { ...state, user });
      stop();
      await outbox.close();
      const again = await stage.open();
      expect(again.outbox.state, "the state that is found").toEqual({ ...state, user });
      again.stop();
      await again.outbox.close();
    }
  });

  declare("numbers are kept up to the largest safe one", async (stage) => {
    const large = { ...state, epoch: Number.MAX_SAFE_INTEGER, first: Number.MAX_SAFE_INTEGER - 1 };
    const { again } = await after(stage, (outbox) => outbox.advance(1, large));
    expect(again.state, "the state that is found").toEqual(large);
  });

  declare("what the caller does to the state afterwards changes nothing that is kept", async (stage) => {
    const { again } = await after(stage, async (outbox) => {
      const changed = { ...state };
      const advancing = outbox.advance(1, changed);
      changed.user = "eve";
      await advancing;
    });
    expect(again.state, "the state that is found").toEqual(state);
  });

  declare("puts and advances that nobody waits for take effect in their order", async (stage) => {
    const more = stage.some(3);
    const { entries, again } = await after(stage, (outbox) =>
      Promise.all([
        outbox.put(more.slice(0, 2)),
        outbox.advance(11, { ...state, first: 12 }),
        outbox.put(more.slice(2)),
        outbox.advance(0, { ...state, first: 12, sent: 2 }),
      ]),
    );
    expect(entries).toHaveLength(10);
    expect(again.entries, "the entries that are found").toEqual(more.slice(1));
    expect(again.state, "the state that is found").toEqual({ ...state, first: 12, sent: 2 });
  });

  declare("more entries than there are do not go, and nothing changes", async (stage) => {
    const { entries, again } = await after(stage, async (outbox) => {
      await outbox.advance(1, { ...state, first: 2 });
      for (const done of [10, Number.POSITIVE_INFINITY, -1, 0.5, Number.NaN]) {
        await expect(outbox.advance(done, state), `advance(${done})`).rejects.toMatchObject(misuse);
      }
    });
    expect(again.entries, "the entries that are found").toEqual(entries.slice(1));
    expect(again.state, "the state that is found").toEqual({ ...state, first: 2 });
  });

  declare("a thousand rounds of putting and letting go leave what is left", async (stage) => {
    const { outbox, stop } = await stage.open();
    const entries = stage.some(1_001);
    await outbox.put(entries.slice(0, 1));
    const rounds = Array.from({ length: 1_000 }, async (_, round) => {
      await Promise.all([
        outbox.put(entries.slice(round + 1, round + 2)),
        outbox.advance(1, { ...state, first: round + 2 }),
      ]);
    });
    await Promise.all(rounds);
    stop();
    await outbox.close();
    const again = await stage.open();
    expect(again.outbox.entries, "the entries that are found").toEqual(entries.slice(1_000));
    expect(again.outbox.state, "the state that is found").toEqual({ ...state, first: 1_001 });
  });
};
