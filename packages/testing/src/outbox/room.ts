import { expect } from "vitest";
import type { OutboxChapter } from "./outbox-cases.js";
import { firstState } from "./outbox-stage.js";

/** A megabyte that takes as much however it is packed. */
const large = noise(1_000_000);

/** What happens where there is no room: nothing is lost, and nobody is told that it was kept. */
export const room: OutboxChapter = (declare, { full, shared, survives }) => {
  if (!full) {
    declare("the harness cannot take its room away", async ({ harness }) => {
      expect(harness.fill).toBeUndefined();
    });
  }
  if (!full || !survives) return;

  declare("what there is no room for is refused, and nothing of it is kept", async (stage) => {
    const { outbox, stop } = await stage.open();
    const [one, two, three] = stage.some(3);
    await outbox.put([one!]);
    await stage.harness.fill!();
    await expect(outbox.put([two!, stage.entry({ body: large })])).rejects.toMatchObject({
      code: "Overflow",
      retryable: true,
    });
    await stage.harness.free!();
    await outbox.put([three!]);
    stop();
    await outbox.close();
    const again = await stage.open(shared ? await stage.another() : stage.place);
    expect(again.outbox.entries, "the entries that are found").toEqual([one, three]);
  });

  declare("what is small is kept although something large beside it had no room", async (stage) => {
    const { outbox, stop } = await stage.open();
    const [one, two] = stage.some(2);
    await outbox.put([one!]);
    await stage.harness.fill!();
    const [refused] = await Promise.allSettled([
      outbox.put([stage.entry({ body: large })]),
      outbox.advance(1, { ...firstState, first: 2 }),
    ]);
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "Overflow" } });
    await stage.harness.free!();
    await outbox.put([two!]);
    stop();
    await outbox.close();
    expect((await stage.open()).outbox.entries, "the entries that are found").toEqual([two]);
  });
};

function noise(length: number): string {
  let seed = 1;
  let text = "";
  while (text.length < length) {
    seed = (seed * 48_271) % 2_147_483_647;
    text += seed.toString(36);
  }
  return text;
}
