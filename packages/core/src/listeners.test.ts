import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Listener, Listeners } from "./listeners.js";
import { EventMessage } from "./message.js";

const message = new EventMessage("a", undefined, undefined, 0, undefined, "id", "", undefined);
const ignore: Listener = () => undefined;

/** What a listener does when it is called: lets another join, or the one with a number leave. */
type Deed = { readonly joins: true } | { readonly leaves: number };
type Step = Deed | { readonly emits: readonly { readonly at: number; readonly deed: Deed }[] };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Deed>({ joins: true }) },
  { weight: 3, arbitrary: fc.record({ leaves: fc.nat(60) }) },
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: deed },
    {
      weight: 1,
      arbitrary: fc.record({ emits: fc.array(fc.record({ at: fc.nat(40), deed }), { maxLength: 6 }) }),
    },
  ),
  { maxLength: 120, size: "max" },
);

/** Runs an emit as the bus does: over those there at its begin, in order; what has left is tidied up after it. */
function emit(listeners: Listeners): void {
  const { current } = listeners;
  const { length } = current;
  for (let index = 0; index < length; index++) current[index]!(undefined, message);
  listeners.tidy();
}

describe("Listeners", () => {
  it("agree with a list that is copied at each emit, whoever comes and goes when", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const listeners = new Listeners();
        const places = new Map<number, number>();
        const model = new Set<number>();
        let joined = 0;
        let called: number[] = [];
        let deeds: readonly { readonly at: number; readonly deed: Deed }[] = [];

        const act = (deed: Deed) => {
          if ("leaves" in deed) {
            if (model.delete(deed.leaves)) listeners.remove(places.get(deed.leaves)!);
            return;
          }
          const number = joined++;
          model.add(number);
          const listener = () => {
            const turn = called.push(number) - 1;
            for (const { at, deed } of deeds) if (at === turn) act(deed);
          };
          places.set(number, listeners.add(listener));
        };

        /** The same emit without Listeners: a copy of those there, less who has left when their turn comes. */
        const predict = (): number[] => {
          const there = new Set(model);
          const order: number[] = [];
          for (const number of model) {
            if (!there.has(number)) continue;
            const turn = order.push(number) - 1;
            for (const { at, deed } of deeds) if (at === turn && "leaves" in deed) there.delete(deed.leaves);
          }
          return order;
        };

        for (const step of steps) {
          if ("emits" in step) {
            deeds = step.emits;
            called = [];
            const expected = predict();
            emit(listeners);
            expect(called).toEqual(expected);
          } else {
            act(step);
            listeners.tidy();
          }
          expect(listeners.size).toBe(model.size);
        }
      }),
    );
  });

  it("do not grow with those who have left", () => {
    const listeners = new Listeners();
    listeners.add(ignore);
    for (let count = 0; count < 10_000; count++) {
      listeners.remove(listeners.add(() => undefined));
      listeners.tidy();
    }
    expect(listeners.size).toBe(1);
    expect(listeners.current).toEqual([ignore]);
  });

  it("keep at most as many places as twice their number, when many leave", () => {
    const listeners = new Listeners();
    const all = Array.from({ length: 1_000 }, () => listeners.add(ignore));
    for (const place of all.slice(0, 990)) {
      listeners.remove(place);
      listeners.tidy();
      expect(listeners.current.length).toBeLessThanOrEqual(Math.max(16, listeners.size * 2));
    }
    expect(listeners.size).toBe(10);
  });
});
