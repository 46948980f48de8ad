import { describe, expect, it } from "vitest";
import { createShop, step } from "../fixtures/shop.js";

describe("the reason of the dead", () => {
  it("is cut where it is long, so that it takes no room from what it is kept with", async () => {
    const { bus, clock } = createShop({ memory: { bytes: 20_000 } });
    const state = { failing: true };
    const done: unknown[] = [];
    const work = (data: unknown) => {
      if (state.failing) throw new Error("no".repeat(100_000));
      done.push(data);
    };
    bus.on("order.placed", work, { group: "pack", attempts: 1 });
    bus.work("order.pack", work);
    await clock.settle();
    await bus.emit("order.placed", step("a", 1));
    await bus.enqueue("order.pack", step("b", 1));
    await clock.advance(60_000);
    for (const dead of [bus.group("pack"), bus.tasks("order.pack")]) {
      const [letter] = await dead.dead();
      expect(letter!.reason).toMatch(/^(no){499}n…$/);
    }
    state.failing = false;
    expect(await bus.group("pack").redrive("all")).toBe(1);
    await clock.advance(1_000);
    expect(done).toEqual([step("a", 1)]);
  });

  it.each([0, -1, 1.5, Number.NaN])("is not listed for %s of them: that is misuse", async (limit) => {
    const { bus } = createShop();
    for (const dead of [bus.group("pack"), bus.tasks("order.pack")]) {
      await expect(dead.dead({ limit })).rejects.toMatchObject({ code: "Misuse" });
    }
  });
});
