import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createShop, step } from "../../fixtures/shop.js";
import { project } from "../project.js";

/** What happens, one after the other; `which` is a projection. */
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("emit" as const),
      name: fc.constantFrom("order.placed" as const, "order.paid" as const),
      order: fc.constantFrom("a", "b", "c"),
      step: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pass" as const), milliseconds: fc.nat(15_000) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("begin" as const), named: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stop" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("compact" as const) }) },
);

it("is what a fold of all that was emitted gives, whoever stops, begins again or saves when", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(action, { maxLength: 60 }), async (seed, actions) => {
      const { bus, open, broker, clock } = createShop({ seed });
      broker.trouble = async (_, go) => {
        await new Promise<void>((resolve) => clock.timer(resolve, clock.random() * 20));
        return go();
      };
      // What the newest event of a key alone says, so that compaction takes nothing away.
      const begin = (name?: string) =>
        project(open(), ["order.placed", "order.paid"], {
          name,
          fold: (_: number | undefined, { data }) => (data.step === 0 ? undefined : data.step),
        });
      const expected = new Map<string, number>();
      let projections = [begin("steps")];
      await clock.until(bus.position());
      for (const one of actions) {
        if (one.type === "emit") {
          await clock.until(bus.emit(one.name, step(one.order, one.step)));
          if (one.step === 0) expected.delete(one.order);
          else expected.set(one.order, one.step);
        } else if (one.type === "pass") await clock.advance(one.milliseconds);
        else if (one.type === "begin") projections.push(begin(one.named ? "steps" : undefined));
        else if (one.type === "stop") projections.splice(one.which % projections.length, 1)[0]?.stop();
        else await clock.until(broker.log.compact({ before: 1_000 }));
      }
      projections = [...projections, begin("steps")];
      await clock.until(Promise.all(projections.map(({ ready }) => ready)));
      await clock.advance(1_000);
      for (const projection of projections) {
        expect(new Map(projection.entries())).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
});
